// How long a UTF-8 sequence is, if it is one.
#ifndef CPPCGI_CORE_UTF8_H
#define CPPCGI_CORE_UTF8_H

#include <cstddef>
#include <string_view>

namespace cppcgi::detail {

// Bytes of the well-formed sequence (Unicode table 3-7: no overlong forms, surrogates or
// values above U+10FFFF) that `text` begins with; 0 when there is none.
constexpr std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const auto tail = [&byte](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
    const unsigned first = byte(0);
    const unsigned second = byte(1);
    if (first < 0x80) return text.empty() ? 0 : 1;
    if (first < 0xc2) return 0;
    if (first < 0xe0) return tail(1) ? 2 : 0;
    if (first < 0xf0) {
        const bool overlong = first == 0xe0 && second < 0xa0;
        const bool surrogate = first == 0xed && second > 0x9f;
        return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
    }
    const bool in_range = (first > 0xf0 || second >= 0x90) &&
                          (first < 0xf4 || (first == 0xf4 && second < 0x90));
    return in_range && tail(1) && tail(2) && tail(3) ? 4 : 0;
}

}  // namespace cppcgi::detail

#endif
