// Names in header parameters beyond ASCII: RFC 8187's `filename*`, the attachment header
// made of it, and the escapes that browsers put into names of form fields. Free functions
// on text, for any thread.
#ifndef CPPCGI_EXT_VALUE_H
#define CPPCGI_EXT_VALUE_H

#include <cppcgi/api.h>

#include <optional>
#include <string>
#include <string_view>

namespace cppcgi {

// The UTF-8 text of an ext-value such as UTF-8''na%C3%AFve.txt. Charsets are UTF-8,
// ISO-8859-1 and US-ASCII; the language is ignored. Nothing when the form, an escape or
// the charset is broken, or when control characters come out.
[[nodiscard]] CPPCGI_API std::optional<std::string> decode_ext_value(
    std::string_view value);

// The ext-value of a UTF-8 text: what stands behind `filename*=`.
[[nodiscard]] CPPCGI_API std::string encode_ext_value(std::string_view text);

// A Content-Disposition with a file name, in ASCII for old clients and, where that loses
// something, as filename* for the others (RFC 6266 appendix D). Bytes that are no UTF-8
// and control characters become _.
[[nodiscard]] CPPCGI_API std::string content_disposition(std::string_view type,
                                                         std::string_view filename);

// Names and file names of form fields as a browser's user sees them: %22, %0D and %0A
// back to quote, CR and LF (WHATWG, multipart/form-data encoding algorithm). Fields keep
// the escapes, because a name that really has %22 in it looks the same, and because the
// result may hold CR and LF: never put it into a header or a log.
[[nodiscard]] CPPCGI_API std::string decode_form_name(std::string_view name);

// The way back: what a browser would send.
[[nodiscard]] CPPCGI_API std::string encode_form_name(std::string_view name);

}  // namespace cppcgi

#endif
