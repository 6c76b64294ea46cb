#include "tools/cppcgi/raw_request.h"

#include "core/characters.h"

#include <algorithm>
#include <charconv>
#include <regex>
#include <stdexcept>
#include <string>

namespace cppcgi::tools {

namespace {

// The next line without its end; the text goes on behind it.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

// Method and URL; false when the line is none.
bool parse_request_line(std::string_view line, program::MemoryRequest& request) {
    static const std::regex form(
        R"(([A-Z]+) (?:https?://[^/ ]*)?(/[^ ]*) HTTP/[0-9.]+)");
    std::match_results<std::string_view::const_iterator> match;
    if (!std::regex_match(line.begin(), line.end(), match, form)) return false;
    request.method = match[1];
    request.url = match[2];
    return true;
}

// RFC 9112 section 7.1; a body that breaks off is taken as far as it goes.
std::string unchunked(std::string_view text) {
    std::string body;
    for (;;) {
        const std::string_view line = take_line(text);
        std::size_t size = 0;
        const auto [end, error] =
            std::from_chars(line.data(), line.data() + line.size(), size, 16);
        if (error != std::errc{} || size == 0) return body;
        body += text.substr(0, size);
        text.remove_prefix(std::min(size, text.size()));
        take_line(text);
    }
}

// One header of a name, with the values joined as a server does.
void add_header(testing::Pairs& headers, std::string_view name,
                std::string_view value) {
    for (auto& [own, values] : headers) {
        if (!detail::equal_no_case(own, name)) continue;
        values.append(detail::equal_no_case(name, "Cookie") ? "; " : ", ")
            .append(value);
        return;
    }
    headers.emplace_back(name, value);
}

}  // namespace

program::MemoryRequest parse_raw_request(std::string_view text) {
    program::MemoryRequest request;
    do {
        if (text.empty())
            throw std::runtime_error(
                "there is no request in it: one begins with a line like \"GET /hello "
                "HTTP/1.1\"");
    } while (!parse_request_line(take_line(text), request));
    bool is_chunked = false;
    std::size_t length = text.size();
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        const std::size_t colon = line.find(':');
        if (colon == line.npos)
            throw std::runtime_error("\"" + std::string(line) +
                                     "\" is no header line: it has no colon");
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = trim(line.substr(colon + 1));
        if (detail::equal_no_case(name, "Content-Length")) {
            std::from_chars(value.data(), value.data() + value.size(), length);
        } else if (detail::equal_no_case(name, "Transfer-Encoding")) {
            is_chunked = true;
        } else {
            add_header(request.options.headers, name, value);
        }
    }
    request.body = is_chunked ? unchunked(text) : std::string(text.substr(0, length));
    return request;
}

}  // namespace cppcgi::tools
