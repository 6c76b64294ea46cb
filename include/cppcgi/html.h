// HTML that is safe by default: a format with places {} that are filled in escaped, each as
// its place needs it. Formats are read while they are compiled, so that a page costs the
// appends and nothing else.
//
//     res.html("<a href=\"{}\">{}</a>", url, title);
//     cgi::Html row = cgi::html("<td>{}</td>", value);    // a fragment, for later
#ifndef CPPCGI_HTML_H
#define CPPCGI_HTML_H

#include <cppcgi/api.h>
#include <cppcgi/html_place.h>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace cppcgi {

// Markup that is known to be safe: what html() made, or what its author vouches for. It
// stands in text places unchanged.
class Html {
public:
    Html() = default;

    // Markup from elsewhere, taken as it is. Never give it what a client sent.
    static Html trusted(std::string markup) {
        Html html;
        html.markup_ = std::move(markup);
        return html;
    }

    const std::string& markup() const noexcept { return markup_; }
    Html& operator+=(const Html& more) {
        markup_ += more.markup_;
        return *this;
    }

private:
    std::string markup_;
};

namespace detail {

// The literal text before a place, and the place. The last one has no place behind it.
struct HtmlPiece {
    std::string_view text;
    HtmlPlace place = HtmlPlace::text;
    bool has_braces = false;  // {{ or }} stand for one brace
};

// One argument: borrows text, holds the digits of a number. Lives for one call.
class HtmlValue {
public:
    HtmlValue(const Html& html) : text_(html.markup()), is_markup_(true) {}
    template <std::convertible_to<std::string_view> Text>
    HtmlValue(const Text& text) : text_(text) {}
    HtmlValue(char character) : text_(digits_, 1) { digits_[0] = character; }

    // As std::to_chars writes it, whatever the locale; true and false as words. Templates,
    // so that a pointer is not taken for a bool.
    template <class Number>
    requires(std::integral<Number> || std::floating_point<Number>)
        HtmlValue(Number value) {
        if constexpr (std::same_as<Number, bool>) {
            text_ = value ? "true" : "false";
        } else {
            auto end = std::to_chars(digits_, digits_ + sizeof digits_, value).ptr;
            text_ = {digits_, static_cast<std::size_t>(end - digits_)};
        }
    }

    HtmlValue(const HtmlValue&) = delete;
    HtmlValue& operator=(const HtmlValue&) = delete;

    std::string_view text() const noexcept { return text_; }
    bool is_markup() const noexcept { return is_markup_; }

private:
    std::string_view text_;
    bool is_markup_ = false;
    char digits_[64];
};

// Appends pieces and values, `count` of them, and one last piece.
CPPCGI_API void append_html(std::string& out, const HtmlPiece* pieces,
                            const HtmlValue* values, std::size_t count);

}  // namespace detail

// A literal with one place {} for each argument; {{ and }} stand for braces. A format does
// not compile when the numbers differ, when it ends inside a tag, a comment or a script, or
// when a place stands where no escaping is safe; the compiler's message names a function of
// detail::html_error.
template <class... Args>
class HtmlFormat {
public:
    template <std::convertible_to<std::string_view> Text>
    consteval HtmlFormat(const Text& text) {
        const std::string_view format(text);
        detail::HtmlReader reader;
        std::size_t piece = 0, start = 0;
        for (std::size_t i = 0; i < format.size(); ++i) {
            const char next = i + 1 < format.size() ? format[i + 1] : '\0';
            if (format[i] == '{' && next == '}') {
                if (piece == sizeof...(Args))
                    detail::html_error::the_number_of_places_is_not_that_of_arguments();
                pieces_[piece].text = format.substr(start, i - start);
                pieces_[piece++].place = reader.place();
                start = ++i + 1;
                continue;
            }
            if (format[i] == '{' || format[i] == '}') {
                if (next != format[i])
                    detail::html_error::a_brace_is_neither_a_place_nor_doubled();
                pieces_[piece].has_braces = true;
                ++i;
            }
            reader.read(format[i]);
        }
        reader.finish();
        if (piece != sizeof...(Args))
            detail::html_error::the_number_of_places_is_not_that_of_arguments();
        pieces_[piece].text = format.substr(start);
        check_markup();
    }

    constexpr const detail::HtmlPiece* pieces() const noexcept { return pieces_; }

private:
    consteval void check_markup() const {
        constexpr bool is_markup[] = {std::is_same_v<Args, Html>..., false};
        for (std::size_t i = 0; i < sizeof...(Args); ++i)
            if (is_markup[i] && pieces_[i].place != HtmlPlace::text)
                detail::html_error::markup_is_given_for_a_place_that_is_not_text();
    }

    detail::HtmlPiece pieces_[sizeof...(Args) + 1];
};

// A fragment of a page, by the same rules as Response::html().
template <class... Args>
[[nodiscard]] Html html(HtmlFormat<std::type_identity_t<Args>...> format,
                        const Args&... args) {
    const detail::HtmlValue values[] = {detail::HtmlValue(args)...,
                                        detail::HtmlValue('\0')};
    std::string markup;
    detail::append_html(markup, format.pieces(), values, sizeof...(Args));
    return Html::trusted(std::move(markup));
}

}  // namespace cppcgi

#endif
