#include <cppcgi/escape.h>

#include "core/characters.h"
#include "core/markup.h"

namespace cppcgi {

namespace {

// urllib.parse._ALWAYS_SAFE: RFC 3986 section 2.3, unreserved.
constexpr detail::CharacterClass unreserved = detail::character_class([](char c) {
    return detail::is_alphanumeric(c) || c == '_' || c == '.' || c == '-' || c == '~';
});

detail::CharacterClass with(detail::CharacterClass table, std::string_view safe) {
    for (const char c : safe) {
        const auto index = static_cast<unsigned char>(c);
        if (index < 0x80) table[index] = true;
    }
    return table;
}

void append_quoted(std::string& out, std::string_view text,
                   const detail::CharacterClass& safe, bool plus) {
    constexpr char digits[] = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (plus && c == ' ') {  // also when `safe` holds a space, as in Python
            out += '+';
        } else if (detail::is_in(safe, c)) {
            out += c;
        } else {
            out += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
}

std::string unquoted(std::string_view text, bool plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && text.size() - i > 2) {
            const int high = detail::hex_value(text[i + 1]);
            const int low = detail::hex_value(text[i + 2]);
            if (high >= 0 && low >= 0) {
                out += static_cast<char>(high * 16 + low);
                i += 2;
                continue;
            }
        }
        out += plus && text[i] == '+' ? ' ' : text[i];
    }
    return out;
}

}  // namespace

void append_escaped(std::string& out, std::string_view text, bool quote) {
    detail::StringSink sink{out};
    detail::write_escaped(
        sink, text,
        quote ? detail::markup_and_quote_entities : detail::markup_entities);
}

std::string escape(std::string_view text, bool quote) {
    std::string out;
    out.reserve(text.size());
    append_escaped(out, text, quote);
    return out;
}

std::string quote(std::string_view text, std::string_view safe) {
    std::string out;
    out.reserve(text.size());
    append_quoted(out, text, with(unreserved, safe), false);
    return out;
}

std::string quote_plus(std::string_view text, std::string_view safe) {
    std::string out;
    out.reserve(text.size());
    append_quoted(out, text, with(unreserved, safe), true);
    return out;
}

std::string unquote(std::string_view text) { return unquoted(text, false); }

std::string unquote_plus(std::string_view text) { return unquoted(text, true); }

void append_query(std::string& query, std::string_view name, std::string_view value) {
    if (!query.empty()) query += '&';
    append_quoted(query, name, unreserved, true);
    query += '=';
    append_quoted(query, value, unreserved, true);
}

}  // namespace cppcgi
