// Python's free functions for forms, on strings, streams and requests. The results own
// their text, decoded to UTF-8. All throw Error where Python raises ValueError.
#ifndef CPPCGI_PARSE_H
#define CPPCGI_PARSE_H

#include <cppcgi/api.h>
#include <cppcgi/form_input.h>
#include <cppcgi/form_options.h>
#include <cppcgi/limits.h>

#include <istream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cppcgi {

class Request;

// Values by name, those of one name in order of arrival.
using FieldMap = std::map<std::string, std::vector<std::string>, std::less<>>;

// The pairs of a query string in order: parse_qsl("a=1&b=%C3%BC").
CPPCGI_API std::vector<std::pair<std::string, std::string>> parse_qsl(
    std::string_view query, const FormOptions& options = {});

CPPCGI_API FieldMap parse_qs(std::string_view query, const FormOptions& options = {});

// Query and body of a request as one map (cgi.parse). Files are values like others.
CPPCGI_API FieldMap parse(const FormInput& input, const Limits& limits = {},
                          const FormOptions& options = {});
CPPCGI_API FieldMap parse(Request& request, const FormOptions& options = {});

// A multipart body with its boundary (cgi.parse_multipart).
CPPCGI_API FieldMap parse_multipart(std::string_view body, std::string_view boundary,
                                    const FormOptions& options = {},
                                    const Limits& limits = {});
CPPCGI_API FieldMap parse_multipart(std::istream& body, std::string_view boundary,
                                    const FormOptions& options = {},
                                    const Limits& limits = {});

}  // namespace cppcgi

#endif
