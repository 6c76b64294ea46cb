#include <cppcgi/ext_value.h>

#include <cppcgi/escape.h>

#include "core/characters.h"
#include "core/utf8.h"

#include <algorithm>

namespace cppcgi {

namespace {

// RFC 8187 section 3.2.1: attr-char.
constexpr std::string_view attribute_characters = "!#$&+-.^_`|~";

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), detail::is_control);
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = detail::utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string from_latin1(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            out += c;
        } else {
            out += {static_cast<char>(0xc0 | byte >> 6),
                    static_cast<char>(0x80 | (byte & 0x3f))};
        }
    }
    return out;
}

bool has_broken_escape(std::string_view text) {
    for (std::size_t i = text.find('%'); i != std::string_view::npos;
         i = text.find('%', i + 1)) {
        if (text.size() - i < 3 || detail::hex_value(text[i + 1]) < 0 ||
            detail::hex_value(text[i + 2]) < 0) {
            return true;
        }
    }
    return false;
}

// Text with every byte that is control or no UTF-8 made _.
std::string clean(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = detail::utf8_length(text);
        if (length == 0 || detail::is_control(text.front())) {
            out += '_';
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

// What old clients show. Without % and backslash, which they decode in different ways.
std::string ascii_name(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const bool plain = text.front() != '"' && text.front() != '\\' &&
                           text.front() != '%' &&
                           static_cast<unsigned char>(text.front()) < 0x80;
        out += plain ? text.front() : '_';
        text.remove_prefix(detail::utf8_length(text));
    }
    return out;
}

}  // namespace

std::optional<std::string> decode_ext_value(std::string_view value) {
    const std::size_t charset_end = value.find('\'');
    if (charset_end == std::string_view::npos) return std::nullopt;
    const std::size_t language_end = value.find('\'', charset_end + 1);
    if (language_end == std::string_view::npos) return std::nullopt;
    const std::string_view charset = value.substr(0, charset_end);
    const std::string_view escaped = value.substr(language_end + 1);
    if (!is_ascii(escaped) || has_broken_escape(escaped)) return std::nullopt;

    std::string text = unquote(escaped);
    if (detail::equal_no_case(charset, "iso-8859-1")) {
        text = from_latin1(text);
    } else if (detail::equal_no_case(charset, "us-ascii")) {
        if (!is_ascii(text)) return std::nullopt;
    } else if (!detail::equal_no_case(charset, "utf-8") || !is_utf8(text)) {
        return std::nullopt;
    }
    if (has_control(text)) return std::nullopt;
    return text;
}

std::string encode_ext_value(std::string_view text) {
    // quote() keeps what is common to URLs and attr-char, and the rest of the latter.
    return "UTF-8''" + quote(text, attribute_characters);
}

std::string content_disposition(std::string_view type, std::string_view filename) {
    const std::string name = clean(filename);
    const std::string ascii = ascii_name(name);
    std::string out(type);
    out.append("; filename=\"").append(ascii).append("\"");
    if (ascii != name) out.append("; filename*=").append(encode_ext_value(name));
    return out;
}

std::string decode_form_name(std::string_view name) {
    std::string out;
    out.reserve(name.size());
    while (!name.empty()) {
        const std::string_view escape = name.substr(0, 3);
        const bool quote = escape == "%22";
        const bool cr = detail::equal_no_case(escape, "%0D");
        const bool lf = detail::equal_no_case(escape, "%0A");
        out += quote ? '"' : cr ? '\r' : lf ? '\n' : name.front();
        name.remove_prefix(quote || cr || lf ? 3 : 1);
    }
    return out;
}

std::string encode_form_name(std::string_view name) {
    std::string out;
    out.reserve(name.size());
    for (const char c : name) {
        if (c == '"') {
            out += "%22";
        } else if (c == '\r') {
            out += "%0D";
        } else if (c == '\n') {
            out += "%0A";
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace cppcgi
