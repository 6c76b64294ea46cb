// The stack of an exception at the place where it is thrown. The C++ runtime asks the type
// of each catch clause whether it matches while the stack is still whole: a clause for
// ThrowMark, first of those that end a call, is asked about every exception that is going
// to leave the call, records the stack, and answers no. What is caught before costs nothing.
//
//     ThrowScope scope(outcome, __builtin_frame_address(0));
//     try { ... } catch (const ThrowMark&) { } catch (...) { outcome.frames ... }
#ifndef CPPCGI_CORE_THROW_TRACE_H
#define CPPCGI_CORE_THROW_TRACE_H

#include <cppcgi/abi.h>
#include <cppcgi/cgitb.h>

#include <memory>

namespace cppcgi::detail {

// Never thrown. Its destructor is defined nowhere, so that the compiler takes its
// std::type_info from elsewhere: from throw_trace.cc.
struct ThrowMark {
    virtual ~ThrowMark();
};

// A call in progress in this thread. On the stack of invoke(); calls nest when a handler
// makes the server run another one.
class ThrowScope {
public:
    // `frame` is the caller's: what lies beyond it is not recorded.
    ThrowScope(cppcgi_outcome& outcome, const void* frame) noexcept;
    ~ThrowScope();
    ThrowScope(const ThrowScope&) = delete;
    ThrowScope& operator=(const ThrowScope&) = delete;

    // The innermost of this thread, or null.
    static ThrowScope* current() noexcept;

    void record() noexcept;

    // What the handler has asked for with cgitb::enable().
    std::unique_ptr<cgitb::Options> options;

private:
    cppcgi_outcome& outcome_;
    const void* frame_;
    ThrowScope* outer_;
};

}  // namespace cppcgi::detail

#endif
