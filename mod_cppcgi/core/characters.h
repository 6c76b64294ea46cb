// Classes of characters that several parsers share, as constexpr tables built from the
// rule of their grammar. ASCII only: no locale, no Unicode.
#ifndef CPPCGI_CORE_CHARACTERS_H
#define CPPCGI_CORE_CHARACTERS_H

#include <algorithm>
#include <array>
#include <string_view>

namespace cppcgi::detail {

using CharacterClass = std::array<bool, 256>;

template <class Rule>
constexpr CharacterClass character_class(Rule rule) {
    CharacterClass table{};
    for (unsigned i = 0; i < table.size(); ++i) table[i] = rule(static_cast<char>(i));
    return table;
}

constexpr bool is_in(const CharacterClass& table, char c) {
    return table[static_cast<unsigned char>(c)];
}

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool is_alphanumeric(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool equal_no_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return to_lower(x) == to_lower(y); });
}

// RFC 9110 section 5.6.2: tchar.
inline constexpr CharacterClass token_characters = character_class([](char c) {
    return is_alphanumeric(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
});

constexpr bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_in(token_characters, c);
    });
}

// A control character: not for any head that goes out, but for the tab.
constexpr bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// -1 when `c` is no hexadecimal digit.
constexpr int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

inline constexpr CharacterClass blanks =
    character_class([](char c) { return c == ' ' || c == '\t'; });

// What Python's str.strip() takes off, as far as it is ASCII.
inline constexpr CharacterClass python_space = character_class(
    [](char c) { return (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= ' '); });

constexpr std::string_view trim(std::string_view text,
                                const CharacterClass& space = blanks) {
    while (!text.empty() && is_in(space, text.front())) text.remove_prefix(1);
    while (!text.empty() && is_in(space, text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace cppcgi::detail

#endif
