// What a log says of a call that failed, beside the words of the failure itself: one number
// for each limit and each kind of exception, with what to do about it.
#ifndef CPPCGI_CORE_FAILURE_MESSAGE_H
#define CPPCGI_CORE_FAILURE_MESSAGE_H

#include <cppcgi/abi.h>

namespace cppcgi::detail {

struct FailureMessage {
    const char* number;
    const char* remedy;  // behind a semicolon
};

// Of an outcome with CPPCGI_CAUSE_LIMIT, _EXCEPTION or _UNKNOWN.
FailureMessage failure_message(const cppcgi_outcome& outcome) noexcept;

}  // namespace cppcgi::detail

#endif
