#include <cppcgi/cookies.h>

#include "core/characters.h"
#include "core/cookie_scan.h"

#include <algorithm>
#include <cstdint>
#include <limits>

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

}  // namespace

// Walks over the positions that the scan found, item by item.
class Cookies::Reader {
public:
    Reader(Cookies& cookies, std::string_view text) noexcept
        : cookies_(cookies), text_(text) {}

    void read() {
        constexpr std::size_t usual = 2048;
        if (text_.size() < usual) {
            std::uint32_t positions[usual + detail::cookie_scan_slack];
            read(positions);
        } else {
            const auto positions = std::make_unique_for_overwrite<std::uint32_t[]>(
                text_.size() + 1 + detail::cookie_scan_slack);
            read(positions.get());
        }
    }

private:
    void read(std::uint32_t* positions) {
        std::size_t count = detail::scan_cookies(text_, positions);
        positions[count++] = static_cast<std::uint32_t>(text_.size());
        reserve(count / 2);
        const std::uint32_t* const end = positions + count;
        const std::uint32_t* next = positions;
        for (std::size_t begin = 0; next != end;) {
            const std::size_t name_end = *next++;
            if (name_end < text_.size() && text_[name_end] == '=') {
                next = read_value(begin, name_end, next);
            }
            begin = next[-1] + std::size_t{1};
        }
    }

    // Takes the item whose name stands before `name_end`; returns the position behind
    // the one that ended it.
    const std::uint32_t* read_value(std::size_t begin, std::size_t name_end,
                                    const std::uint32_t* positions) {
        const std::string_view name = trim(text_.substr(begin, name_end - begin));
        std::string_view value =
            trim(text_.substr(name_end + 1, *positions - name_end - 1));
        if (!value.empty() && value.front() == '"') {
            positions = read_quoted(value, positions);
        }
        if (!name.empty()) add(name, value);
        return positions + 1;
    }

    // Unquotes `value` if a whole quoted string stands there with only blanks behind it,
    // also when it goes on over semicolons. Linear: a string that finds no end ends its
    // search at the next value that starts with a quote.
    const std::uint32_t* read_quoted(std::string_view& value,
                                     const std::uint32_t* positions) {
        const auto open = static_cast<std::size_t>(value.data() - text_.data());
        const std::size_t close = closing_quote(text_, open);
        if (close == std::string_view::npos) return positions;
        std::size_t end = close + 1;
        while (end < text_.size() && is_in(blanks, text_[end])) ++end;
        if (end < text_.size() && text_[end] != ';') return positions;
        value = unescaped(text_.substr(open + 1, close - open - 1));
        while (*positions < end) ++positions;
        return positions;
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

    void reserve(std::size_t count) {
        if (count <= inline_capacity) {
            cookies_.data_ = reinterpret_cast<CookieView*>(cookies_.inline_.data());
            return;
        }
        cookies_.heap_ = std::make_unique_for_overwrite<CookieView[]>(count);
        cookies_.data_ = cookies_.heap_.get();
    }

    void add(std::string_view name, std::string_view value) noexcept {
        std::construct_at(cookies_.data_ + cookies_.size_++, CookieView{name, value});
    }

    Cookies& cookies_;
    std::string_view text_;
    char* free_ = nullptr;
};

// The scan counts in 32 bits; no server takes a head of that size.
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
