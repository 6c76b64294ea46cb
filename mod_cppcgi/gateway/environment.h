// A request as a list of "NAME=VALUE": what a server hands to a CGI program, a FastCGI
// worker or a test. Beside the meta-variables it may hold what httpd's directives say
// in-process: CPPCGI_PARAM_<name> for CppCGIParam, and CPPCGI_MAX_BODY, _FIELD, _FILE,
// _MEMORY, _FIELDS, _PART_HEADER, _NESTING and CPPCGI_SPOOL_DIR for the limits. Request
// headers cannot set those, since their names begin with HTTP_. A view of the list, which
// has to outlive it; used by the thread that runs the handler.
#ifndef CPPCGI_GATEWAY_ENVIRONMENT_H
#define CPPCGI_GATEWAY_ENVIRONMENT_H

#include <cppcgi/abi.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace cppcgi::program {

// "User-Agent" is HTTP_USER_AGENT; RFC 3875 section 4.1.18 leaves CONTENT_TYPE and
// CONTENT_LENGTH as they are.
std::string variable_of_header(std::string_view name);

// "HTTP_USER_AGENT" is User-Agent; empty when it is no header's.
std::string header_of_variable(std::string_view variable);

class Environment {
public:
    // `entries` ends with a null pointer.
    explicit Environment(const char* const* entries) noexcept : entries_(entries) {}

    std::optional<std::string_view> variable(std::string_view name) const noexcept;
    int each_variable(cppcgi_visit visit, void* argument) const;

    // A request header; Content-Type and Content-Length included.
    std::optional<std::string_view> header(std::string_view name) const;
    int each_header(cppcgi_visit visit, void* argument);

    // A name is compared as httpd writes it into an environment: without case, and with _
    // for all but letters and digits.
    std::optional<std::string_view> parameter(std::string_view name) const noexcept;
    int each_parameter(cppcgi_visit visit, void* argument) const;

    // Those of Limits where nothing else is set. A value that is no number of bytes (with
    // K, M or G behind it) is refused: its name is returned, and the default holds.
    std::string_view read_limits(cppcgi_limits& limits) const noexcept;

private:
    const char* const* entries_;
    std::deque<std::string> header_names_;  // made for each_header
};

// CONTENT_LENGTH; -1 when that is no length, 0 when it is not set: RFC 3875 section 4.2
// then forbids to read.
std::int64_t content_length(const Environment& environment) noexcept;

// CPPCGI_LOG_LEVEL as syslog's number: error, warn, notice, info (unless set) or debug.
int log_level(const Environment& environment) noexcept;

}  // namespace cppcgi::program

#endif
