// The format and the arguments of Response::html(): checked when compiled, escaped when
// written.
#ifndef CPPCGI_HTML_H
#define CPPCGI_HTML_H

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace cppcgi {

// A literal with COUNT places {}. A wrong number, or a brace that is neither a place nor
// doubled, does not compile: the error names one of the functions below.
template <std::size_t Count>
class HtmlFormat {
public:
    template <std::convertible_to<std::string_view> Text>
    consteval HtmlFormat(const Text& text) : text_(text) {
        std::size_t places = 0;
        for (std::size_t i = 0; i < text_.size(); ++i) {
            const char next = i + 1 < text_.size() ? text_[i + 1] : '\0';
            if (text_[i] == '{' && next == '}') {
                ++places;
                ++i;
            } else if ((text_[i] == '{' || text_[i] == '}') && next == text_[i]) {
                ++i;
            } else if (text_[i] == '{' || text_[i] == '}') {
                a_brace_is_neither_a_place_nor_doubled();
            }
        }
        if (places != Count) the_number_of_places_is_not_that_of_arguments();
    }

    constexpr std::string_view text() const noexcept { return text_; }

private:
    // Not constexpr on purpose: reaching one ends the compilation.
    static void a_brace_is_neither_a_place_nor_doubled() {}
    static void the_number_of_places_is_not_that_of_arguments() {}

    std::string_view text_;
};

// One argument: borrows text, holds the digits of a number. Lives for one call of html().
class HtmlValue {
public:
    template <std::convertible_to<std::string_view> Text>
    HtmlValue(const Text& text) : text_(text) {}
    HtmlValue(char character) : text_(digits_, 1) { digits_[0] = character; }
    HtmlValue(bool value) : text_(value ? "true" : "false") {}

    template <class Number>
    requires(std::integral<Number> || std::floating_point<Number>)
        HtmlValue(Number value) {
        auto end = std::to_chars(digits_, digits_ + sizeof digits_, value).ptr;
        text_ = {digits_, static_cast<std::size_t>(end - digits_)};
    }

    HtmlValue(const HtmlValue&) = delete;
    HtmlValue& operator=(const HtmlValue&) = delete;

    std::string_view text() const noexcept { return text_; }

private:
    std::string_view text_;
    char digits_[64];
};

}  // namespace cppcgi

#endif
