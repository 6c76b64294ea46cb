#include "core/shown_text.h"

#include "core/characters.h"
#include "core/markup.h"
#include "core/utf8.h"

#include <cstdint>

namespace cppcgi::detail {

namespace {

constexpr char digits[] = "0123456789abcdef";

std::uint32_t code_point(std::string_view sequence) noexcept {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(sequence[i]));
    };
    if (sequence.size() == 1) return byte(0);
    std::uint32_t value = byte(0) & (0x7fU >> sequence.size());
    for (std::size_t i = 1; i < sequence.size(); ++i)
        value = value << 6 | (byte(i) & 0x3f);
    return value;
}

// C1 controls, marks of direction, joiners, non-characters, private use.
bool is_invisible(std::uint32_t c) noexcept {
    return (c >= 0x80 && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
           (c >= 0xe000 && c <= 0xf8ff) || c == 0xfeff ||
           (c >= 0xfdd0 && c <= 0xfdef) || (c >= 0xfff0 && c <= 0xfffb) ||
           (c & 0xfffe) == 0xfffe || c >= 0xe0000;
}

void append_code(std::string& out, std::uint32_t c) {
    out += "\\u{";
    for (int shift = 20; shift >= 0; shift -= 4)
        if (c >> shift != 0 || shift < 16) out += digits[c >> shift & 15];
    out += '}';
}

}  // namespace

void append_shown(std::string& out, std::string_view text) {
    StringSink sink{out};
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
        const char first = text.front();
        const bool is_break = first == '\n' || first == '\t';
        if (length == 0 || (is_control(first) && !is_break)) {
            const auto byte = static_cast<unsigned char>(first);
            out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        } else if (length > 1 && is_invisible(code_point(sequence))) {
            append_code(out, code_point(sequence));
        } else {
            write_escaped(sink, sequence);
        }
        text.remove_prefix(sequence.size());
    }
}

}  // namespace cppcgi::detail
