// Writes what an HTML format and its arguments become, to anything with
// write(std::string_view).
#ifndef CPPCGI_CORE_HTML_WRITER_H
#define CPPCGI_CORE_HTML_WRITER_H

#include <cppcgi/html.h>

#include "core/markup.h"

#include <cstddef>
#include <string_view>

namespace cppcgi::detail {

// True when a browser would run or render the URL as something else than a place to go: a
// javascript:, vbscript: or data: scheme, in any case and with the white space and control
// characters that browsers skip.
bool has_unsafe_scheme(std::string_view url) noexcept;

// What stands in the page for such a URL: it goes nowhere.
inline constexpr std::string_view refused_url = "about:invalid#refused";

template <class Sink>
void write_literal(Sink& sink, const HtmlPiece& piece) {
    if (!piece.has_braces) return sink.write(piece.text);
    for (std::size_t i = 0; i < piece.text.size(); ++i) {
        if (piece.text[i] == '{' || piece.text[i] == '}') ++i;  // the first of two
        sink.write(piece.text.substr(i, 1));
    }
}

template <class Sink>
void write_html(Sink& sink, const HtmlPiece* pieces, const HtmlValue* values,
                std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        write_literal(sink, pieces[i]);
        if (values[i].is_markup()) {
            sink.write(values[i].text());
        } else if (pieces[i].place == HtmlPlace::url &&
                   has_unsafe_scheme(values[i].text())) {
            sink.write(refused_url);
        } else {
            write_escaped(sink, values[i].text());
        }
    }
    write_literal(sink, pieces[count]);
}

}  // namespace cppcgi::detail

#endif
