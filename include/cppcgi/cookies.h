// The cookies of a request, read from its Cookie header. Everything the client sent is
// listed in the order of the header, duplicates and names such as `path` included;
// looking up a name finds the first, which browsers send from the longest path.
#ifndef CPPCGI_COOKIES_H
#define CPPCGI_COOKIES_H

#include <cppcgi/api.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace cppcgi {

// Bytes as sent, but for the quotes and escapes of a quoted value. Not percent-decoded.
struct CookieView {
    std::string_view name;
    std::string_view value;
};

class CPPCGI_API Cookies {
public:
    using value_type = CookieView;
    using const_iterator = const CookieView*;

    Cookies() noexcept {}

    // Reads a header, which has to outlive this object: names and values are views of it.
    // Items without = or without a name are skipped; nothing else is refused.
    explicit Cookies(std::string_view header);

    Cookies(const Cookies&) = delete;
    Cookies& operator=(const Cookies&) = delete;

    // The value of the first cookie of that name; names are compared exactly.
    [[nodiscard]] std::optional<std::string_view> get(
        std::string_view name) const noexcept;
    [[nodiscard]] std::string_view get(std::string_view name,
                                       std::string_view otherwise) const noexcept {
        return get(name).value_or(otherwise);
    }
    [[nodiscard]] bool contains(std::string_view name) const noexcept {
        return get(name).has_value();
    }
    // The same as get(name), and empty when there is no such cookie.
    [[nodiscard]] std::string_view operator[](std::string_view name) const noexcept {
        return get(name, {});
    }

    [[nodiscard]] const_iterator begin() const noexcept { return data_; }
    [[nodiscard]] const_iterator end() const noexcept { return data_ + size_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

private:
    class Reader;

    // Enough for nearly every request without an allocation; not cleared, since that
    // would cost a fifth of the parsing.
    static constexpr std::size_t inline_capacity = 32;

    CookieView* data_ = nullptr;
    std::size_t size_ = 0;
    std::unique_ptr<CookieView[]> heap_;
    std::unique_ptr<char[]> unescaped_;
    alignas(
        CookieView) std::array<std::byte, inline_capacity * sizeof(CookieView)> inline_;
};

}  // namespace cppcgi

#endif
