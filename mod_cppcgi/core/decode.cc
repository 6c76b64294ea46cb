#include "core/decode.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace cppcgi::detail {
namespace {

unsigned byte_at(std::string_view bytes, std::size_t i) {
    return static_cast<unsigned char>(bytes[i]);
}

std::size_t ascii_run(std::string_view bytes) {
    std::size_t i = 0;
    for (; bytes.size() - i >= 8; i += 8) {
        std::uint64_t word;
        std::memcpy(&word, bytes.data() + i, sizeof word);
        if ((word & 0x8080808080808080u) != 0) break;
    }
    while (i < bytes.size() && byte_at(bytes, i) < 0x80) ++i;
    return i;
}

struct Sequence {
    std::size_t size;
    bool valid;
};

// What begins with a byte of 128 and above: a character, or the longest piece of one
// (Unicode 15 section 3.9, table 3-7).
Sequence utf8_sequence(std::string_view bytes) {
    const unsigned lead = byte_at(bytes, 0);
    if (lead < 0xc2 || lead > 0xf4) return {1, false};
    const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    unsigned low = 0x80;
    unsigned high = 0xbf;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
    for (std::size_t i = 1; i < size; ++i) {
        if (i >= bytes.size()) return {i, false};
        const unsigned next = byte_at(bytes, i);
        if (next < low || next > high) return {i, false};
        low = 0x80;
        high = 0xbf;
    }
    return {size, true};
}

void append_character(std::string& text, unsigned code) {
    const auto put = [&text](unsigned byte) { text += static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0 | code >> 6);
        put(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        put(0xe0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3f));
        put(0x80 | (code & 0x3f));
    } else {
        put(0xf0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3f));
        put(0x80 | (code >> 6 & 0x3f));
        put(0x80 | (code & 0x3f));
    }
}

// False: stop, the text is refused.
bool undecodable(OnError on_error, std::string& text) {
    if (on_error == OnError::strict) return false;
    if (on_error == OnError::replace) append_character(text, 0xfffd);
    return true;
}

bool decode_utf8(std::string_view bytes, OnError on_error, std::string& text) {
    while (!bytes.empty()) {
        if (const std::size_t run = ascii_run(bytes); run != 0) {
            text += bytes.substr(0, run);
            bytes.remove_prefix(run);
            continue;
        }
        const Sequence next = utf8_sequence(bytes);
        if (next.valid) {
            text += bytes.substr(0, next.size);
        } else if (!undecodable(on_error, text)) {
            return false;
        }
        bytes.remove_prefix(next.size);
    }
    return true;
}

bool decode_ascii(std::string_view bytes, OnError on_error, std::string& text) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (byte_at(bytes, i) < 0x80) {
            text += bytes[i];
        } else if (!undecodable(on_error, text)) {
            return false;
        }
    }
    return true;
}

bool decode_utf16(std::string_view bytes, bool little, OnError on_error,
                  std::string& text) {
    const auto unit = [&](std::size_t i) {
        return little ? byte_at(bytes, i) | byte_at(bytes, i + 1) << 8
                      : byte_at(bytes, i) << 8 | byte_at(bytes, i + 1);
    };
    std::size_t i = 0;
    while (bytes.size() - i >= 2) {
        const unsigned first = unit(i);
        i += 2;
        if (first < 0xd800 || first > 0xdfff) {
            append_character(text, first);
        } else if (first < 0xdc00 && bytes.size() - i >= 2 && unit(i) >= 0xdc00 &&
                   unit(i) <= 0xdfff) {
            append_character(text,
                             0x10000 + ((first - 0xd800) << 10) + (unit(i) - 0xdc00));
            i += 2;
        } else if (!undecodable(on_error, text)) {
            return false;
        }
    }
    return i == bytes.size() || undecodable(on_error, text);
}

struct EncodingName {
    std::string_view name;
    Encoding encoding;
};

constexpr EncodingName encoding_names[] = {
    {"utf-8", Encoding::utf8},       {"utf8", Encoding::utf8},
    {"u8", Encoding::utf8},          {"iso-8859-1", Encoding::latin1},
    {"iso8859-1", Encoding::latin1}, {"latin-1", Encoding::latin1},
    {"latin1", Encoding::latin1},    {"l1", Encoding::latin1},
    {"us-ascii", Encoding::ascii},   {"ascii", Encoding::ascii},
    {"646", Encoding::ascii},        {"utf-16-le", Encoding::utf16le},
    {"utf-16le", Encoding::utf16le}, {"utf-16-be", Encoding::utf16be},
    {"utf-16be", Encoding::utf16be},
};

char folded(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c + ('a' - 'A'));
    return c == '_' || c == ' ' ? '-' : c;
}

}  // namespace

std::optional<Encoding> encoding_named(std::string_view name) noexcept {
    if (name == "utf-8") return Encoding::utf8;
    std::array<char, 16> lower{};
    if (name.size() > lower.size()) return std::nullopt;
    for (std::size_t i = 0; i < name.size(); ++i) lower[i] = folded(name[i]);
    const std::string_view wanted(lower.data(), name.size());
    for (const EncodingName& known : encoding_names) {
        if (known.name == wanted) return known.encoding;
    }
    return std::nullopt;
}

std::optional<OnError> on_error_named(std::string_view name) noexcept {
    if (name == "replace") return OnError::replace;
    if (name == "strict") return OnError::strict;
    if (name == "ignore") return OnError::ignore;
    return std::nullopt;
}

bool is_text_already(std::string_view bytes, Encoding encoding) noexcept {
    if (encoding == Encoding::utf16le || encoding == Encoding::utf16be) {
        return bytes.empty();
    }
    for (;;) {
        bytes.remove_prefix(ascii_run(bytes));
        if (bytes.empty()) return true;
        if (encoding != Encoding::utf8) return false;
        const Sequence next = utf8_sequence(bytes);
        if (!next.valid) return false;
        bytes.remove_prefix(next.size);
    }
}

bool decode(std::string_view bytes, Encoding encoding, OnError on_error,
            std::string& text) {
    switch (encoding) {
        case Encoding::utf8:
            return decode_utf8(bytes, on_error, text);
        case Encoding::latin1:
            for (const char c : bytes)
                append_character(text, static_cast<unsigned char>(c));
            return true;
        case Encoding::ascii:
            return decode_ascii(bytes, on_error, text);
        case Encoding::utf16le:
            return decode_utf16(bytes, true, on_error, text);
        case Encoding::utf16be:
            return decode_utf16(bytes, false, on_error, text);
    }
    return false;
}

}  // namespace cppcgi::detail
