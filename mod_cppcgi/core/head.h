// Checks a response head before it goes out, and writes it for programs. Every gateway
// checks here, so that a newline in a cookie or a redirect never splits a response: a head
// with one bad line is refused as a whole.
#ifndef CPPCGI_CORE_HEAD_H
#define CPPCGI_CORE_HEAD_H

#include <cppcgi/abi.h>

#include <cstddef>
#include <string>

namespace cppcgi::detail {

enum class HeadFault {
    none,
    status,  // not 200 to 599
    reason,  // holds a control character
    name,    // of header `index`: no token
    value,   // of header `index`: holds a control character other than a tab
    length   // header `index`: a Content-Length that is no number, or a second one
};

struct HeadCheck {
    HeadFault fault = HeadFault::none;
    std::size_t index = 0;

    explicit operator bool() const noexcept { return fault == HeadFault::none; }
};

// True when `head` is fit for the wire. RFC 9110 section 5.5 wants CR, LF and NUL refused;
// other controls are too, since httpd would answer 500 for them without saying where.
HeadCheck check_head(const cppcgi_head& head) noexcept;

// What is wrong, for the log: names the header, shows no control character.
std::string describe(const HeadCheck& check, const cppcgi_head& head);

// Appends a head that passed the check as a CGI program writes it (RFC 3875 section 6.2),
// Status first and a blank line behind.
void append_cgi_head(std::string& out, const cppcgi_head& head);

}  // namespace cppcgi::detail

#endif
