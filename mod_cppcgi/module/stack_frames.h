// Where a thread stands, taken by a signal handler that interrupted it: addresses, innermost
// first, and their text. All of it is async-signal-safe.
#ifndef CPPCGI_MODULE_STACK_FRAMES_H
#define CPPCGI_MODULE_STACK_FRAMES_H

#include "module/signal_text.h"

#include <csignal>
#include <cstdint>
#include <ucontext.h>

namespace cppcgi::module {

class StackFrames {
public:
    // Once before the first signal: the first look loads the unwinder, which a signal
    // handler must not.
    static void prepare() noexcept;

    // Whether a SIGSEGV is the end of the thread's stack.
    static bool has_used_up_its_stack(const siginfo_t& info,
                                      const ucontext_t& context) noexcept;

    // The stack as it was when the signal came.
    explicit StackFrames(const ucontext_t& context) noexcept;
    // The stack of who calls, itself left out.
    StackFrames() noexcept;

    int size() const noexcept { return size_; }

    // "/path/file.so+0x1234", or the address when it is in no file.
    void write_frame(SignalText& text, int i) const noexcept;

    // "addr2line -Cfipe FILE OFFSET ...", for the innermost library of handlers, else the
    // innermost file; nothing when there is neither.
    void write_command(SignalText& text) const noexcept;

private:
    static constexpr int most_frames = 24;

    void add(std::uintptr_t address) noexcept;
    std::uintptr_t call_address(int i) const noexcept;

    int size_ = 0;
    bool is_interrupted_ = false;  // the first address is no return address
    std::uintptr_t frames_[most_frames];
};

}  // namespace cppcgi::module

#endif
