#include "core/part_head.h"

#include <cppcgi/ext_value.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

bool has_quote(std::string_view text) {
    return text.find('"') != std::string_view::npos;
}

// A quote that neither opens nor closes a quoted string.
bool has_stray_quote(const Parameter& parameter) {
    return parameter.broken || has_quote(parameter.name) ||
           (!parameter.quoted && has_quote(parameter.value));
}

errc read_disposition(std::string_view value, PartHead& part) {
    ParameterReader reader(value);
    Parameter extended;
    bool repeated = false;
    bool stray_quote = has_quote(reader.main());
    for (Parameter parameter; reader.next(parameter);) {
        stray_quote |= has_stray_quote(parameter);
        if (!parameter.has_value) continue;
        if (equals_nocase(parameter.name, "name")) {
            repeated |= part.has_name;
            if (std::exchange(part.has_name, true)) continue;
            part.name = value_of(parameter, part.name_text);
        } else if (equals_nocase(parameter.name, "filename")) {
            repeated |= part.has_filename;
            if (std::exchange(part.has_filename, true)) continue;
            part.filename = value_of(parameter, part.filename_text);
        } else if (equals_nocase(parameter.name, "filename*")) {
            repeated |= extended.has_value;
            if (!extended.has_value) extended = parameter;
        }
    }
    // Which of two names a filter before us has looked at, nobody knows. But browsers
    // before 2012 sent bare quotes inside a name: the second may be the first one's text.
    if (repeated && !stray_quote) return errc::head_parameter_repeated;
    // RFC 7578 section 4.2 forbids filename*: it only keeps a file from becoming a text.
    if (extended.has_value && !part.has_filename) take_extended(extended, part);
    return errc::none;
}

constexpr std::uint64_t ones = 0x0101010101010101u;

// Bit 7 of the lowest byte that equals `c` is set, and maybe some above.
constexpr std::uint64_t equal_bytes(std::uint64_t word, char c) {
    const std::uint64_t both = word ^ (ones * static_cast<unsigned char>(c));
    return (both - ones) & ~both;
}

// Where a quoted string ends, or is none of the simple kind: a quote, a backslash, or a
// control character of up to CR.
std::size_t find_quoted_stop(std::string_view bytes, std::size_t from) {
    if constexpr (std::endian::native == std::endian::little) {
        for (; bytes.size() - from >= 8; from += 8) {
            std::uint64_t word;
            std::memcpy(&word, bytes.data() + from, sizeof word);
            const std::uint64_t controls = (word - ones * ('\r' + 1)) & ~word;
            const std::uint64_t found =
                (equal_bytes(word, '"') | equal_bytes(word, '\\') | controls) &
                ones << 7;
            if (found != 0) {
                return from + static_cast<std::size_t>(std::countr_zero(found)) / 8;
            }
        }
    }
    return std::min(bytes.find_first_of("\"\\\r\n", from), bytes.size());
}

// One by one: compilers chain assignments through memory, which costs more than the rest.
void clear(PartHead& part) {
    part.text = std::string_view();
    part.name = std::string_view();
    part.filename = std::string_view();
    part.content_type = std::string_view();
    part.has_name = false;
    part.has_filename = false;
    part.filename_is_utf8 = false;
    part.multipart = false;
    part.usual = false;
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

// What every browser writes for a file, from behind the name on.
std::size_t read_usual_file_head(std::string_view bytes, std::string_view name,
                                 PartHead& part) noexcept {
    constexpr std::string_view before_filename = "\"; filename=\"";
    constexpr std::string_view before_type = "\"\r\nContent-Type: ";
    constexpr std::size_t longest_type = 100;
    std::size_t at = static_cast<std::size_t>(name.data() - bytes.data()) + name.size();
    if (!bytes.substr(at).starts_with(before_filename)) return 0;
    at += before_filename.size();
    std::size_t end = find_quoted_stop(bytes, at);
    const std::string_view filename = bytes.substr(at, end - at);
    if (!bytes.substr(end).starts_with(before_type)) return 0;
    at = end + before_type.size();
    end = bytes.substr(0, at + longest_type).find_first_of("\r\n", at);
    if (end == std::string_view::npos || !bytes.substr(end).starts_with("\r\n\r\n")) {
        return 0;
    }
    const std::string_view type = bytes.substr(at, end - at);
    if (trim(type).size() != type.size() || is_multipart(type)) return 0;
    clear(part);
    part.has_name = part.has_filename = true;
    part.text = bytes.substr(0, end + 2);
    part.name = name;
    part.filename = filename;
    part.content_type = type;
    return part.text.size();
}

std::size_t read_usual_head(std::string_view bytes, PartHead& part) noexcept {
    constexpr std::string_view prefix = "Content-Disposition: form-data; name=\"";
    constexpr std::string_view suffix = "\"\r\n\r\n";
    if (!bytes.starts_with(prefix)) return 0;
    const std::size_t end = find_quoted_stop(bytes, prefix.size());
    if (bytes.size() - end < suffix.size() ||
        std::memcmp(bytes.data() + end, suffix.data(), suffix.size()) != 0) {
        const std::string_view name = bytes.substr(prefix.size(), end - prefix.size());
        return read_usual_file_head(bytes, name, part);
    }
    if (!part.usual) {
        clear(part);
        part.has_name = true;
        part.usual = true;
    }
    part.text = {bytes.data(), end + 3};
    part.name = {bytes.data() + prefix.size(), end - prefix.size()};
    return part.text.size();
}

errc read_part_head(std::string_view head, PartHead& part) {
    clear(part);
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
