#include "core/part_head.h"

#include <cppcgi/ext_value.h>

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "core/parameters.h"

namespace cppcgi::detail {
namespace {

// RFC 9110 section 5.6.2.
constexpr std::array<bool, 256> token_table = [] {
    std::array<bool, 256> table{};
    for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
    for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
    for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}();

bool is_token(std::string_view text) {
    for (const char c : text) {
        if (!token_table[static_cast<unsigned char>(c)]) return false;
    }
    return !text.empty();
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// The next line without its end, CRLF or LF.
std::string_view next_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

errc check_lines(std::string_view head, bool& folded) {
    bool first = true;
    while (!head.empty()) {
        const std::string_view line = next_line(head);
        if (line.find_first_not_of(" \t") == std::string_view::npos)
            return errc::head_blank;
        if (line.find('\r') != std::string_view::npos) return errc::head_stray_cr;
        if (is_blank(line.front())) {
            if (first) return errc::head_fold;
            folded = true;
        } else {
            const std::size_t colon = line.find(':');
            if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
                return errc::head_line;
            }
        }
        first = false;
    }
    return errc::none;
}

// Drops the line ends before continuation lines (RFC 5322 section 2.2.3).
void unfold(std::string_view head, std::string& text) {
    text.clear();
    while (!head.empty()) {
        text += next_line(head);
        if (head.empty() || !is_blank(head.front())) text += "\r\n";
    }
}

std::string_view value_of(const Parameter& parameter, std::string& text) {
    if (!parameter.escaped) return parameter.value;
    text.clear();
    unescape(parameter.value, text);
    return text;
}

void take_extended(const Parameter& extended, PartHead& part) {
    std::string raw;
    part.has_filename = true;
    const std::string_view value = value_of(extended, raw);
    std::optional<std::string> text = decode_ext_value(value);
    part.filename_is_utf8 = text.has_value();
    part.filename_text = text ? *std::move(text) : std::string(value);
    part.filename = part.filename_text;
}

errc read_disposition(std::string_view value, PartHead& part) {
    ParameterReader reader(value);
    Parameter extended;
    for (Parameter parameter; reader.next(parameter);) {
        if (!parameter.has_value) continue;
        if (equals_nocase(parameter.name, "name")) {
            if (part.has_name) return errc::head_parameter_repeated;
            part.has_name = true;
            part.name = value_of(parameter, part.name_text);
        } else if (equals_nocase(parameter.name, "filename")) {
            if (part.has_filename) return errc::head_parameter_repeated;
            part.has_filename = true;
            part.filename = value_of(parameter, part.filename_text);
        } else if (equals_nocase(parameter.name, "filename*")) {
            if (extended.has_value) return errc::head_parameter_repeated;
            extended = parameter;
        }
    }
    // RFC 7578 section 4.2 forbids filename*: it only keeps a file from becoming a text.
    if (extended.has_value && !part.has_filename) take_extended(extended, part);
    return errc::none;
}

// What every browser writes for a field: nothing to check but the name's bytes.
bool read_usual(std::string_view head, PartHead& part) {
    constexpr std::string_view prefix = "Content-Disposition: form-data; name=\"";
    constexpr std::string_view suffix = "\"\r\n";
    if (head.size() < prefix.size() + suffix.size() || !head.starts_with(prefix) ||
        !head.ends_with(suffix)) {
        return false;
    }
    const std::string_view name =
        head.substr(prefix.size(), head.size() - prefix.size() - suffix.size());
    for (const char c : name) {
        if (c == '"' || c == '\\' || c == '\r' || c == '\n') return false;
    }
    part.text = head;
    part.name = name;
    part.has_name = true;
    return true;
}

}  // namespace

bool next_head_line(std::string_view& rest, HeadLine& line) noexcept {
    if (rest.empty()) return false;
    const std::string_view whole = next_line(rest);
    const std::size_t colon = whole.find(':');
    if (colon == std::string_view::npos) return false;
    line.name = whole.substr(0, colon);
    line.value = trim(whole.substr(colon + 1));
    return true;
}

errc read_part_head(std::string_view head, PartHead& part) {
    part.text = part.name = part.filename = part.content_type = {};
    part.has_name = part.has_filename = part.filename_is_utf8 = part.multipart = false;
    if (read_usual(head, part)) return errc::none;

    bool folded = false;
    if (const errc code = check_lines(head, folded); code != errc::none) return code;
    if (folded) {
        unfold(head, part.unfolded);
        head = part.unfolded;
    }
    part.text = head;
    bool disposition = false;
    bool type = false;
    HeadLine line;
    for (std::string_view rest = head; next_head_line(rest, line);) {
        if (equals_nocase(line.name, "content-disposition")) {
            if (disposition) return errc::head_repeated;
            disposition = true;
            const errc code = read_disposition(line.value, part);
            if (code != errc::none) return code;
        } else if (equals_nocase(line.name, "content-type") && !type) {
            type = true;
            part.content_type = line.value;
            part.multipart = is_multipart(ParameterReader(line.value).main());
        }
    }
    return errc::none;
}

}  // namespace cppcgi::detail
