// What a handler is asked: one per call, made by the gateway, used by the thread that
// runs the handler. All text and objects returned live until the handler returns.
#ifndef CPPCGI_REQUEST_H
#define CPPCGI_REQUEST_H

#include <cppcgi/api.h>
#include <cppcgi/cookies.h>
#include <cppcgi/environ.h>
#include <cppcgi/field_storage.h>
#include <cppcgi/limits.h>

#include <initializer_list>
#include <istream>
#include <optional>
#include <span>
#include <string_view>

namespace cppcgi {

// Levels of httpd's LogLevel that a handler may write at.
enum class LogLevel { error = 3, warn = 4, notice = 5, info = 6, debug = 7 };

// A line of source; std::source_location, which clang 14 does not have.
struct SourcePlace {
    const char* file;
    int line;

    // Of the caller, also when this stands in a default argument.
    static constexpr SourcePlace current(const char* file = __builtin_FILE(),
                                         int line = __builtin_LINE()) noexcept {
        return {file, line};
    }
};

class CPPCGI_API Request {
public:
    explicit Request(detail::Call& call) noexcept : call_(call), environ_(call) {}
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    const Environ& environ() const noexcept { return environ_; }

    // REQUEST_METHOD, in the case the client sent it ("GET", "POST").
    std::string_view method() const { return environ_["REQUEST_METHOD"]; }

    // Says which methods the handler takes; GET brings HEAD. Any other ends the call here:
    // OPTIONS is answered with Allow (unless it is among them), the rest with Error 405 and
    // Allow.
    //
    //     req.allow({"GET", "POST"});
    void allow(std::initializer_list<std::string_view> methods);

    // PATH_INFO: the decoded part of the URL behind what selected this handler.
    std::string_view path_info() const { return environ_["PATH_INFO"]; }

    // SCRIPT_NAME: the part of the URL that selected this handler.
    std::string_view script_name() const { return environ_["SCRIPT_NAME"]; }

    // QUERY_STRING: what stands behind "?", not decoded.
    std::string_view query_string() const { return environ_["QUERY_STRING"]; }

    // A request header by name, in any case; a repeated one joined by ", " (RFC 9110
    // section 5.3). Authorization is here, also where the environment does not have it.
    std::optional<std::string_view> header(std::string_view name) const;

    // Words of a query without "=", decoded (RFC 3875 section 4.4); in a program started
    // from a terminal, its arguments.
    std::span<const std::string_view> arguments() const;

    // The form, parsed at the first call; later calls return the same, whatever their
    // options. Throws Error: 400 for a malformed form, 413 for one beyond a limit.
    const FieldStorage& form(const FormOptions& options = {});

    // What form() would parse, for readers that want it in pieces (parts.h).
    FormInput form_input();

    // Cookies of the request, in order; parsed at the first call.
    const Cookies& cookies() const;

    // The request body as it arrives, for handlers that take no form: read it before or
    // instead of form(), not beside it. Sets badbit when the body breaks off.
    std::istream& body();

    // CppCGIParam NAME.
    std::optional<std::string_view> param(std::string_view name) const;

    // The bounds in force for this request.
    const Limits& limits() const;

    // Writes a line to the server's error log, with handler, file and line. A text with
    // line ends or control characters is escaped, never split.
    void log(LogLevel level, std::string_view message,
             const SourcePlace& where = SourcePlace::current()) const;

    // True once the client is known to have gone: nobody will see the response.
    bool aborted() const noexcept;

private:
    friend class FieldStorage;
    detail::Call& call_;
    Environ environ_;
};

}  // namespace cppcgi

#endif
