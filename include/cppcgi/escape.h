// Escaping for HTML and URLs under the names of Python's html and urllib.parse. Free
// functions on bytes, for any thread; text is UTF-8 and passes through unchanged. None of
// them fails but for memory.
#ifndef CPPCGI_ESCAPE_H
#define CPPCGI_ESCAPE_H

#include <cppcgi/api.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cppcgi {

// Text made safe for HTML: & < > and, unless `quote` is false, " and ' (html.escape).
// With quotes it also serves inside a quoted attribute, never inside a script or a style.
[[nodiscard]] CPPCGI_API std::string escape(std::string_view text, bool quote = true);

// The same, appended to `out`.
CPPCGI_API void append_escaped(std::string& out, std::string_view text,
                               bool quote = true);

// Every byte but letters, digits, _ . - ~ and those in `safe` as %XX (urllib.parse.quote).
// As there, only ASCII characters of `safe` count.
[[nodiscard]] CPPCGI_API std::string quote(std::string_view text,
                                           std::string_view safe = "/");

// quote for a query: a space becomes + (urllib.parse.quote_plus).
[[nodiscard]] CPPCGI_API std::string quote_plus(std::string_view text,
                                                std::string_view safe = "");

// %XX back to bytes; a % without two hexadecimal digits stays as it is. The bytes need
// not be UTF-8 then (urllib.parse.unquote_to_bytes).
[[nodiscard]] CPPCGI_API std::string unquote(std::string_view text);

// unquote, and + becomes a space first.
[[nodiscard]] CPPCGI_API std::string unquote_plus(std::string_view text);

// Appends name=value to a query, with & between, both quoted as by quote_plus.
CPPCGI_API void append_query(std::string& query, std::string_view name,
                             std::string_view value);

// A query of pairs, as urllib.parse.urlencode: urlencode({{"a", "1 2"}}) is "a=1+2". A value
// that is a list of texts stands for several of that name, as with doseq=True: what
// parse_qs() returns may be given back.
template <class Pairs>
[[nodiscard]] std::string urlencode(const Pairs& pairs) {
    std::string query;
    for (const auto& [name, value] : pairs) {
        if constexpr (std::is_convertible_v<decltype(value), std::string_view>) {
            append_query(query, name, value);
        } else {
            for (const auto& one : value) append_query(query, name, one);
        }
    }
    return query;
}

[[nodiscard]] inline std::string urlencode(
    std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
    std::string query;
    for (const auto& [name, value] : pairs) append_query(query, name, value);
    return query;
}

}  // namespace cppcgi

#endif
