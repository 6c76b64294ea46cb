// How a form is read: the arguments of Python's cgi.FieldStorage, with its names and
// defaults. A plain value; the texts are only looked at while the form is read.
#ifndef CPPCGI_FORM_OPTIONS_H
#define CPPCGI_FORM_OPTIONS_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace cppcgi {

struct FormOptions {
    // Whether urlencoded fields with an empty value count. Parts of a multipart form are
    // kept in any case, as in Python.
    bool keep_blank_values = false;
    // Whether a piece of an urlencoded form without "=" is an error.
    bool strict_parsing = false;
    // Of names and texts: utf-8, iso-8859-1 (latin-1), us-ascii (ascii), utf-16-le,
    // utf-16-be. Values stay bytes.
    std::string_view encoding = "utf-8";
    // For bytes that the encoding does not know: strict (an Error), replace (U+FFFD),
    // ignore (left out).
    std::string_view errors = "replace";
    // At most so many fields; the server's limit (CppCGIMaxFields) holds besides.
    std::optional<std::uint64_t> max_num_fields = {};
    // Between the fields of urlencoded forms; no letter or digit, nor "=", "%" or "+".
    char separator = '&';
    // Reading stops after so many bytes of the body, as if it ended there.
    std::optional<std::uint64_t> limit = {};
    // A longer body is refused (cgi.maxlen); 0: only CppCGIMaxBody holds.
    std::uint64_t maxlen = 0;
    // Room for options to come within this SONAME.
    std::uint64_t reserved[6] = {};
};

}  // namespace cppcgi

#endif
