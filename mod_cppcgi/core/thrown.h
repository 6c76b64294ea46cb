// What can be said of an exception while it is being handled, and how a host learns of it.
#ifndef CPPCGI_CORE_THROWN_H
#define CPPCGI_CORE_THROWN_H

#include <cppcgi/cgitb.h>

#include <string>

namespace cppcgi::detail {

struct Call;

struct Thrown {
    std::string type;  // demangled
    std::string what;  // of an int or a text its value; else empty
};

// Of the exception that the innermost catch clause is handling. Empty when memory is gone.
Thrown current_thrown() noexcept;

// Hands the exception that is being handled, those nested in it and the form to the host,
// for its error report. `options` is what the handler asked for, or null.
void report_thrown(Call& call, const cgitb::Options* options) noexcept;

}  // namespace cppcgi::detail

#endif
