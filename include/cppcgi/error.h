// Faults of requests and responses: an errc for every cause and every bound, and the
// exception that handlers see. Values are part of the ABI: new ones go behind the old of
// their group. Plain values, any thread.
#ifndef CPPCGI_ERROR_H
#define CPPCGI_ERROR_H

#include <cppcgi/api.h>

#include <cassert>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace cppcgi {

enum class errc : int {
    none = 0,

    // A boundary parameter that cannot delimit anything.
    boundary_missing = 1,
    boundary_malformed = 2,    // unbalanced quote, unquoted comma, control character
    boundary_repeated = 3,     // two boundary parameters
    boundary_too_long = 4,     // more than 200 characters
    boundary_ambiguous = 5,    // a nested one that its outer one also ends
    boundary_not_in_body = 6,  // outside RFC 2046's rules, and not found in the body

    // A multipart body that does not follow its own grammar.
    no_delimiter = 20,             // text, but no opening delimiter line
    head_cut_off = 21,             // the input ends inside a part's head
    head_line = 22,                // no colon, or a name that is no token
    head_fold = 23,                // the first line of a head is a continuation line
    head_blank = 24,               // a line of white space only
    head_stray_cr = 25,            // CR without LF
    head_delimiter = 26,           // a delimiter line inside a head
    head_repeated = 27,            // a second Content-Disposition
    head_parameter_repeated = 28,  // name or filename twice

    // Forms as a whole.
    query_field = 40,  // strict_parsing: a piece without "="
    undecodable = 41,  // errors="strict": bytes that the encoding does not know
    unknown_encoding = 42,
    unknown_errors = 43,  // an error handler other than strict, replace, ignore
    unusable_separator = 44,

    // Bounds, each named after its member of Limits or its form option.
    max_body = 60,
    max_field = 61,
    max_file = 62,
    max_memory = 63,
    max_fields = 64,
    max_part_header = 65,
    max_nesting = 66,
    max_num_fields = 67,  // the form's option
    maxlen = 68,          // the form's option

    // The way the body comes in, and goes to disk.
    body_aborted = 80,  // the client went away
    body_timed_out = 81,
    body_too_large = 82,  // the server's own limit (LimitRequestBody)
    body_malformed = 83,  // broken chunking, or shorter than its Content-Length
    body_failed = 84,     // the server or the stream could not read on
    spool = 85,           // the spool directory or its disk
    body_in_use = 86,     // somebody else has read the body already

    // Cookies and heads that we refuse to write.
    bad_cookie = 100,
    bad_head = 110,

    // Thrown by a handler with a status of its own.
    handler = 120,
};

// The word for a group of faults, as `inspect` and the test vectors have it:
// bad_boundary, malformed, truncated, header_too_large, too_large, too_many_fields,
// bad_query_field, bad_encoding, bad_cookie, bad_option or internal.
CPPCGI_API std::string_view kind(errc code) noexcept;

// The HTTP status that answers it: 400, 408, 413, 500.
CPPCGI_API int http_status(errc code) noexcept;

// The directive (CppCGIMaxFields) or form option (max_num_fields) behind a bound; empty
// for what is no bound.
CPPCGI_API std::string_view limit_name(errc code) noexcept;

CPPCGI_API const std::error_category& error_category() noexcept;
inline std::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

// What went wrong, and for a bound its value.
struct Fault {
    errc code = errc::none;
    std::uint64_t limit = 0;

    explicit operator bool() const noexcept { return code != errc::none; }
};

// The exception of this library. Uncaught, it becomes a response of its status and one
// line in the error log.
class CPPCGI_API Error : public std::runtime_error {
public:
    explicit Error(Fault fault);
    explicit Error(errc code) : Error(Fault{code, 0}) {}
    // With a sentence of its own.
    Error(errc code, const std::string& text);
    // For handlers: throw cgi::Error(404, "no such page").
    Error(int status, const std::string& text);
    Error(const Error&) noexcept;
    Error& operator=(const Error&) noexcept;
    ~Error() override;

    // Fields for the head of the page that answers it, when that can still be made:
    //
    //     throw cgi::Error(503, "the queue is full").retry_after(30s);
    Error& header(std::string_view name, std::string_view value);
    Error& retry_after(std::chrono::seconds pause);
    using Header = std::pair<std::string, std::string>;
    std::span<const Header> headers() const noexcept;

    int status() const noexcept { return status_; }
    errc code() const noexcept { return fault_.code; }
    // Name of the directive or option whose bound was met, and its value; empty and 0
    // when the cause is no bound.
    std::string_view limit() const noexcept { return limit_name(fault_.code); }
    std::uint64_t limit_value() const noexcept { return fault_.limit; }

private:
    Fault fault_;
    int status_;
    // Room for what comes later: a handler that is built makes objects of this size until
    // SONAME 2. Shared, for a copy must not throw.
    struct More;
    std::shared_ptr<const More> more_;
};

// A value, or the fault that kept it from being. T has a default constructor.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : value_(std::move(value)) {}
    Result(Fault fault) : fault_(fault) { assert(fault); }
    Result(errc code) : Result(Fault{code, 0}) {}

    explicit operator bool() const noexcept { return !fault_; }
    Fault fault() const noexcept { return fault_; }
    std::error_code error() const noexcept { return make_error_code(fault_.code); }

    // The value; only when there is one.
    T& operator*() & noexcept { return value_; }
    const T& operator*() const& noexcept { return value_; }
    T&& operator*() && noexcept { return std::move(value_); }
    T* operator->() noexcept { return &value_; }
    const T* operator->() const noexcept { return &value_; }

    // The value, or the fault thrown as Error.
    T& value() & {
        if (fault_) throw Error(fault_);
        return value_;
    }
    T&& value() && {
        if (fault_) throw Error(fault_);
        return std::move(value_);
    }

private:
    T value_{};
    Fault fault_;
};

}  // namespace cppcgi

template <>
struct std::is_error_code_enum<cppcgi::errc> : std::true_type {};

#endif
