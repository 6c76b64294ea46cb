// Dates as HTTP heads and cookies have them (RFC 9110 section 5.6.7). Plain functions, any
// thread.
#ifndef CPPCGI_HTTP_DATE_H
#define CPPCGI_HTTP_DATE_H

#include <cppcgi/api.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cppcgi {

// A moment of the system's clock; HTTP knows seconds of it.
using Time = std::chrono::system_clock::time_point;

// "Sun, 06 Nov 1994 08:49:37 GMT", whatever the locale.
[[nodiscard]] CPPCGI_API std::string http_date(Time when);

// The way back, also from the two older forms ("Sunday, 06-Nov-94 08:49:37 GMT" and
// "Sun Nov  6 08:49:37 1994"); nothing when it is none of the three.
[[nodiscard]] CPPCGI_API std::optional<Time> parse_http_date(std::string_view text);

}  // namespace cppcgi

#endif
