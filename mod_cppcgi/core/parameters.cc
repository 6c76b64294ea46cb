#include "core/parameters.h"

#include <cstddef>

namespace cppcgi::detail {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string_view trim_front(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    return text;
}

// Where Python's cgi._parseparam ends a parameter: at a ";" with an even number of quotes
// before it, those behind a backslash not counted.
std::size_t python_end(std::string_view text) {
    bool odd = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"' && (i == 0 || text[i - 1] != '\\')) odd = !odd;
        if (text[i] == ';' && !odd) return i;
    }
    return text.size();
}

// The size of the quoted string that `text` begins with, quotes included; 0 when it does
// not end.
std::size_t quoted_size(std::string_view text, bool& escaped) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') return i + 1;
        if (text[i] != '\\') continue;
        escaped = true;
        if (i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    }
    return 0;
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
    text = trim_front(text);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

bool equals_nocase(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

bool is_multipart(std::string_view media_type) noexcept {
    constexpr std::string_view prefix = "multipart/";
    return media_type.size() >= prefix.size() &&
           equals_nocase(media_type.substr(0, prefix.size()), prefix);
}

void unescape(std::string_view value, std::string& text) {
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\\' && i + 1 < value.size() &&
            (value[i + 1] == '"' || value[i + 1] == '\\')) {
            ++i;
        }
        text += value[i];
    }
}

ParameterReader::ParameterReader(std::string_view header) noexcept {
    const std::size_t end = python_end(header);
    main_ = trim(header.substr(0, end));
    more_ = end < header.size();
    if (more_) rest_ = header.substr(end + 1);
}

bool ParameterReader::next(Parameter& parameter) noexcept {
    if (!more_) return false;
    parameter = {};
    std::string_view text = trim_front(rest_);
    const std::size_t name_end = text.find_first_of("=;");
    parameter.name = trim(text.substr(0, name_end));
    if (name_end == std::string_view::npos || text[name_end] == ';') {
        more_ = name_end != std::string_view::npos;
        rest_ = more_ ? text.substr(name_end + 1) : std::string_view();
        return true;
    }
    parameter.has_value = true;
    text = trim_front(text.substr(name_end + 1));
    std::size_t end;
    if (!text.empty() && text.front() == '"') {
        const std::size_t size = quoted_size(text, parameter.escaped);
        const std::string_view behind =
            size != 0 ? trim_front(text.substr(size)) : std::string_view();
        parameter.quoted = size != 0 && (behind.empty() || behind.front() == ';');
        if (parameter.quoted) {
            parameter.value = text.substr(1, size - 2);
            more_ = !behind.empty();
            rest_ = more_ ? behind.substr(1) : std::string_view();
            return true;
        }
        parameter.broken = true;
        end = python_end(text);
    } else {
        end = text.find(';');
        if (end == std::string_view::npos) end = text.size();
    }
    parameter.value = trim(text.substr(0, end));
    const std::string_view value = parameter.value;
    if (parameter.broken && value.size() >= 2 && value.back() == '"') {
        parameter.value = value.substr(1, value.size() - 2);
        parameter.quoted = true;
    }
    parameter.escaped =
        parameter.quoted && parameter.value.find('\\') != std::string_view::npos;
    more_ = end < text.size();
    rest_ = more_ ? text.substr(end + 1) : std::string_view();
    return true;
}

}  // namespace cppcgi::detail
