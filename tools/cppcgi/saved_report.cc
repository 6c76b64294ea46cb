#include "tools/cppcgi/saved_report.h"

#include <cppcgi/escape.h>
#include <cppcgi/parse.h>

#include "core/characters.h"
#include "core/secrets.h"
#include "gateway/environment.h"

#include <algorithm>
#include <charconv>
#include <regex>
#include <stdexcept>

namespace cppcgi::tools {

namespace {

using testing::Pairs;

constexpr std::string_view boundary = "cppcgi-replay";

// --- back from what the page shows --------------------------------------------------

void append_utf8(std::string& out, std::uint32_t c) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) return put(c);
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    constexpr std::uint32_t leads[] = {0, 0xc0, 0xe0, 0xf0};
    put(leads[more] | c >> 6 * more);
    for (int i = more - 1; i >= 0; --i) put(0x80 | (c >> 6 * i & 0x3f));
}

// One entity, or a byte as \x1f, or a character as \u{200b}, from the start of `text`;
// false when it is none.
bool take_code(std::string_view& text, std::string& out) {
    static constexpr std::pair<std::string_view, char> entities[] = {
        {"&amp;", '&'},  {"&lt;", '<'},    {"&gt;", '>'},
        {"&quot;", '"'}, {"&#x27;", '\''}, {"&#39;", '\''}};
    for (const auto& [entity, c] : entities) {
        if (!text.starts_with(entity)) continue;
        out += c;
        text.remove_prefix(entity.size());
        return true;
    }
    const bool is_byte = text.starts_with("\\x");
    if (!is_byte && !text.starts_with("\\u{")) return false;
    const std::size_t begin = is_byte ? 2 : 3;
    const std::size_t end = is_byte ? 4 : text.find('}');
    if (end > text.size() || end < begin) return false;
    std::uint32_t code = 0;
    const auto [rest, error] =
        std::from_chars(text.data() + begin, text.data() + end, code, 16);
    if (error != std::errc{} || rest != text.data() + end || code > 0x10ffff)
        return false;
    if (is_byte)
        out += static_cast<char>(code);
    else
        append_utf8(out, code);
    text.remove_prefix(is_byte ? end : end + 1);
    return true;
}

std::string unshown(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (take_code(text, out)) continue;
        out += text.front();
        text.remove_prefix(1);
    }
    return out;
}

// Without "... (5000 bytes)" at the end, which says that it was cut.
bool take_cut_mark(std::string& value) {
    static const std::regex mark(R"(\.\.\. \([0-9]+ bytes\)$)");
    std::smatch match;
    if (!std::regex_search(value, match, mark)) return false;
    value.resize(static_cast<std::size_t>(match.position()));
    return true;
}

std::string_view between(std::string_view text, std::string_view begin,
                         std::string_view end) {
    const std::size_t from = text.find(begin);
    if (from == text.npos) return {};
    text.remove_prefix(from + begin.size());
    return text.substr(0, text.find(end));
}

// --- the request --------------------------------------------------------------------

class ReportReader {
public:
    explicit ReportReader(std::string_view page) : page_(page) {}

    SavedReport read() {
        environment_ = table("Environment", "the variable ");
        const Pairs about = table("Request", "the request's ");
        fields_ = table("Form", "the field ");
        saved_.request.method = value_of(about, "method");
        saved_.handler = value_of(about, "handler");
        saved_.handler.erase(0, saved_.handler.rfind(':') + 1);
        if (saved_.request.method.empty())
            throw std::runtime_error("this error report does not tell the request");
        read_url();
        read_environment();
        saved_.request.options.params = table("Parameters", "the parameter ");
        name_hidden("the parameter ", saved_.request.options.params);
        name_hidden("the cookie ", table("Cookies", "the cookie "));
        read_body();
        return std::move(saved_);
    }

private:
    Pairs table(std::string_view title, std::string_view what) {
        const std::string begin = "<h2>" + std::string(title) + "</h2>\n<table>\n";
        std::string_view rows = between(page_, begin, "</table>");
        Pairs pairs;
        for (;;) {
            const std::string_view row = between(rows, "<tr>", "</tr>");
            if (row.empty()) return pairs;
            rows.remove_prefix(static_cast<std::size_t>(row.data() - rows.data()) +
                               row.size());
            std::string name = unshown(between(row, "<th>", "</th>"));
            std::string value = unshown(between(row, "<td>", "</td>"));
            if (name == "..." && value.ends_with(" more")) {
                miss(value + " of the table " + std::string(title));
                continue;
            }
            if (take_cut_mark(value)) miss("the end of " + std::string(what) + name);
            pairs.emplace_back(std::move(name), std::move(value));
        }
    }

    static std::string value_of(const Pairs& pairs, std::string_view name) {
        for (const auto& [key, value] : pairs)
            if (key == name) return value;
        return {};
    }

    void miss(std::string what) { saved_.missing.push_back(std::move(what)); }

    void name_hidden(std::string_view what, const Pairs& pairs) {
        for (const auto& [name, value] : pairs)
            if (value.find(detail::hidden_text) != value.npos)
                saved_.hidden.push_back(std::string(what) + name);
    }

    void read_url() {
        std::string& url = saved_.request.url;
        query_ = value_of(environment_, "QUERY_STRING");
        url = value_of(environment_, "REQUEST_URI");
        if (url.empty())
            url = quote(value_of(environment_, "SCRIPT_NAME") +
                        value_of(environment_, "PATH_INFO")) +
                  (query_.empty() ? "" : "?" + query_);
        name_hidden("the query's ", parse_qsl(query_));
    }

    // Headers by themselves, so that others can take their places; of the rest what is not
    // said by the request itself.
    void read_environment() {
        static constexpr std::string_view said[] = {"CONTENT_LENGTH", "QUERY_STRING",
                                                    "REQUEST_URI", "REQUEST_METHOD",
                                                    "GATEWAY_INTERFACE"};
        for (const auto& [name, value] : environment_) {
            const bool is_said =
                std::find(std::begin(said), std::end(said), name) != std::end(said);
            if (is_said || name.starts_with("CPPCGI_")) continue;
            auto& options = saved_.request.options;
            if (std::string header = program::header_of_variable(name); header.empty())
                options.environ.emplace_back(name, value);
            else
                options.headers.emplace_back(std::move(header), value);
        }
        Pairs headers = saved_.request.options.headers;
        std::erase_if(headers, [](const auto& pair) { return pair.first == "Cookie"; });
        name_hidden("the header ", headers);
        name_hidden("the variable ", saved_.request.options.environ);
    }

    // --- the body, from the fields that the handler had read -----------------------------

    void read_body() {
        const std::string& method = saved_.request.method;
        if (method == "GET" || method == "HEAD") return;
        std::string type = value_of(environment_, "CONTENT_TYPE");
        for (char& c : type) c = detail::to_lower(c);
        if (fields_.empty()) return miss_body();
        // Those of the query come behind those of an urlencoded body, and before parts.
        drop_query_fields(type.starts_with("multipart/"));
        name_hidden("the field ", fields_);
        if (type.starts_with("multipart/")) return make_parts();
        if (type.empty() || type.starts_with("application/x-www-form-urlencoded")) {
            for (const auto& [name, value] : fields_)
                saved_.request.body += (saved_.request.body.empty() ? "" : "&") +
                                       quote_plus(name) + "=" + quote_plus(value);
        } else {
            saved_.request.body = fields_.front().second;
        }
    }

    void miss_body() {
        const std::string length = value_of(environment_, "CONTENT_LENGTH");
        if (length != "0") miss("the body, which was not read as a form");
    }

    void drop_query_fields(bool come_first) {
        Pairs query = parse_qsl(query_);
        if (come_first) std::reverse(query.begin(), query.end());
        if (come_first) std::reverse(fields_.begin(), fields_.end());
        for (; !query.empty() && !fields_.empty(); query.pop_back())
            if (query.back().first == fields_.back().first) fields_.pop_back();
        if (come_first) std::reverse(fields_.begin(), fields_.end());
    }

    void make_parts() {
        std::string& body = saved_.request.body;
        for (const auto& [name, value] : fields_) add_part(body, name, value);
        body.append("--").append(boundary).append("--\r\n");
        std::string& type = *header("Content-Type");
        type = type.substr(0, type.find(';')).append("; boundary=").append(boundary);
    }

    void add_part(std::string& body, const std::string& name,
                  const std::string& value) {
        static const std::regex file(R"re(file "([^]*)", ([0-9]+) bytes)re");
        std::smatch match;
        const bool is_file = std::regex_match(value, match, file);
        body.append("--").append(boundary).append(
            "\r\nContent-Disposition: form-data; name=\"");
        body.append(in_quotes(name)).append("\"");
        if (is_file) {
            body.append("; filename=\"").append(in_quotes(match[1])).append("\"");
            if (match[2] != "0")
                miss("the content of the file \"" + match[1].str() + "\"");
        }
        body.append("\r\n\r\n").append(is_file ? "" : value).append("\r\n");
    }

    // As browsers write it.
    static std::string in_quotes(const std::string& text) {
        std::string out;
        for (const char c : text)
            out += c == '"'    ? "%22"
                   : c == '\r' ? "%0D"
                   : c == '\n' ? "%0A"
                               : std::string(1, c);
        return out;
    }

    std::string* header(std::string_view name) {
        for (auto& [own, value] : saved_.request.options.headers)
            if (own == name) return &value;
        return nullptr;
    }

    const std::string_view page_;
    Pairs environment_, fields_;
    std::string query_;
    SavedReport saved_;
};

}  // namespace

bool is_saved_report(std::string_view text) noexcept {
    return text.starts_with("<!DOCTYPE html>") &&
           text.find("<h2>Request</h2>\n<table>") != text.npos;
}

SavedReport parse_saved_report(std::string_view text) {
    return ReportReader(text).read();
}

}  // namespace cppcgi::tools
