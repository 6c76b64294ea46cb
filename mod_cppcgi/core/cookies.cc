#include <cppcgi/cookies.h>

#include "core/byte_mask.h"
#include "core/characters.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>

namespace cppcgi {

namespace {

using detail::blanks;
using detail::is_in;
using detail::trim;

// The position of the quote that ends the quoted string at text[begin], or npos.
std::size_t closing_quote(std::string_view text, std::size_t begin) noexcept {
    for (std::size_t i = begin + 1; i < text.size(); ++i) {
        if (text[i] == '"') return i;
        if (text[i] == '\\') ++i;
    }
    return std::string_view::npos;
}

bool is_octal(std::string_view digits) noexcept {
    return digits.size() == 3 && digits[0] >= '0' && digits[0] <= '3' &&
           digits[1] >= '0' && digits[1] <= '7' && digits[2] >= '0' && digits[2] <= '7';
}

// Undoes what http.cookies does to a value: \ooo is a byte, \c any other character.
// Writes to `out`, which has room for all of `escaped`; returns the end.
char* unescape(std::string_view escaped, char* out) noexcept {
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        if (escaped[i] != '\\' || i + 1 == escaped.size()) {
            *out++ = escaped[i];
            continue;
        }
        const std::string_view digits = escaped.substr(i + 1, 3);
        if (is_octal(digits)) {
            *out++ = static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 +
                                       (digits[2] - '0'));
            i += 3;
        } else {
            *out++ = escaped[++i];
        }
    }
    return out;
}

// trim() for what seldom has more to cut off than one space in front. Inlined, because
// the call would cost as much as the rest of a cookie.
[[gnu::always_inline]] inline std::string_view trim_item(
    std::string_view text) noexcept {
    if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    const auto is_plain = [](char c) { return static_cast<unsigned char>(c) > ' '; };
    if (text.empty() || (is_plain(text.front()) && is_plain(text.back()))) return text;
    return trim(text);
}

}  // namespace

// Reads a header item by item. What changes with each item stays in locals, so that it
// may live in registers: as members it made this twice as slow.
class Cookies::Reader {
public:
    Reader(Cookies& cookies, std::string_view text) noexcept
        : cookies_(cookies), text_(text) {}

    void read() {
        constexpr std::size_t usual = 2048;
        if (text_.size() < usual) {
            std::uint32_t ends[usual];
            read(ends);
        } else {
            read(std::make_unique_for_overwrite<std::uint32_t[]>(text_.size() + 1)
                     .get());
        }
    }

private:
    // `ends` has room for as many numbers as the text has bytes, and one more.
    void read(std::uint32_t* ends) {
        const std::string_view text = text_;
        std::uint32_t* last = ends;
        detail::for_each_byte(text, ';', [&last](std::size_t position) {
            *last++ = static_cast<std::uint32_t>(position);
        });
        *last = static_cast<std::uint32_t>(text.size());
        CookieView* out = reserve(static_cast<std::size_t>(last - ends) + 1);
        std::size_t begin = 0;
        for (const std::uint32_t* next = ends; next <= last; ++next) {
            const std::size_t end = *next;
            const std::size_t equals = detail::find_near(text, '=', begin, end);
            if (equals != end) {
                const std::string_view name =
                    trim_item({text.data() + begin, equals - begin});
                std::string_view value =
                    trim_item({text.data() + equals + 1, end - equals - 1});
                if (!value.empty() && value.front() == '"') {
                    const Quoted quoted = read_quoted(value, end);
                    value = quoted.value;
                    while (next != last && *next < quoted.end) ++next;
                }
                if (!name.empty()) std::construct_at(out++, CookieView{name, value});
            }
            begin = *next + std::size_t{1};
        }
        cookies_.size_ = static_cast<std::size_t>(out - cookies_.data_);
    }

    struct Quoted {
        std::string_view value;
        std::size_t end;  // of the item
    };

    // Unquotes `value` if a whole quoted string stands there with only blanks behind it,
    // also when it goes on over semicolons; otherwise leaves it as it is. Linear: a string
    // that finds no end stops at the next value that starts with a quote.
    Quoted read_quoted(std::string_view value, std::size_t end) {
        const auto open = static_cast<std::size_t>(value.data() - text_.data());
        const std::size_t close = closing_quote(text_, open);
        if (close == std::string_view::npos) return {value, end};
        std::size_t behind = close + 1;
        while (behind < text_.size() && is_in(blanks, text_[behind])) ++behind;
        if (behind < text_.size() && text_[behind] != ';') return {value, end};
        return {unescaped(text_.substr(open + 1, close - open - 1)), behind};
    }

    std::string_view unescaped(std::string_view escaped) {
        if (escaped.find('\\') == std::string_view::npos) return escaped;
        if (!cookies_.unescaped_) {
            // What is unescaped is shorter than what it was; so this is enough for all.
            cookies_.unescaped_ = std::make_unique_for_overwrite<char[]>(text_.size());
            free_ = cookies_.unescaped_.get();
        }
        char* const begin = free_;
        free_ = unescape(escaped, begin);
        return {begin, static_cast<std::size_t>(free_ - begin)};
    }

    CookieView* reserve(std::size_t count) {
        if (count <= inline_capacity) {
            cookies_.data_ = reinterpret_cast<CookieView*>(cookies_.inline_.data());
        } else {
            cookies_.heap_ = std::make_unique_for_overwrite<CookieView[]>(count);
            cookies_.data_ = cookies_.heap_.get();
        }
        return cookies_.data_;
    }

    Cookies& cookies_;
    std::string_view text_;
    char* free_ = nullptr;
};

// Positions are kept in 32 bits; no server takes a head of that size.
Cookies::Cookies(std::string_view header) {
    Reader(*this, header.substr(0, std::numeric_limits<std::uint32_t>::max())).read();
}

std::optional<std::string_view> Cookies::get(std::string_view name) const noexcept {
    for (const CookieView& cookie : *this) {
        if (cookie.name == name) return cookie.value;
    }
    return std::nullopt;
}

}  // namespace cppcgi
