#include "module/stack_frames.h"

#include "module/code_map.h"

#include <cstring>
#include <execinfo.h>

namespace cppcgi::module {

namespace {

std::uintptr_t program_counter(const ucontext_t& context) noexcept {
#if defined(__x86_64__)
    return static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
    return context.uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

std::uintptr_t stack_pointer(const ucontext_t& context) noexcept {
#if defined(__x86_64__)
    return static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RSP]);
#elif defined(__aarch64__)
    return context.uc_mcontext.sp;
#else
    (void)context;
    return 0;
#endif
}

// After a call of a null pointer the return address is all that is known of the caller.
std::uintptr_t caller_of_nowhere(const ucontext_t& context) noexcept {
#if defined(__x86_64__)
    return *reinterpret_cast<const std::uintptr_t*>(stack_pointer(context));
#elif defined(__aarch64__)
    return context.uc_mcontext.regs[30];
#else
    (void)context;
    return 0;
#endif
}

}  // namespace

// The address is where the stack would have grown to: a call or a push, or a function that
// touches its local variables page by page (gcc does, against clashes).
bool StackFrames::has_used_up_its_stack(const siginfo_t& info,
                                        const ucontext_t& context) noexcept {
    constexpr std::uintptr_t below = 256 * 1024, above = 4096;
    const std::uintptr_t top = stack_pointer(context);
    const auto address = reinterpret_cast<std::uintptr_t>(info.si_addr);
    return info.si_code > 0 && top != 0 && address + below >= top &&
           address <= top + above;
}

void StackFrames::prepare() noexcept {
    void* frame = nullptr;
    backtrace(&frame, 1);
}

StackFrames::StackFrames(const ucontext_t& context) noexcept : is_interrupted_(true) {
    void* all[most_frames + 8];
    const int count = backtrace(all, most_frames + 8);
    const std::uintptr_t here = program_counter(context);
    // Those of the signal handler come first, and are dropped.
    int first = 0;
    while (first < count && reinterpret_cast<std::uintptr_t>(all[first]) != here)
        ++first;
    add(here);
    CodePlace place;
    if (!find_code(here, place)) add(caller_of_nowhere(context));
    for (int i = first + 1; i < count; ++i)
        add(reinterpret_cast<std::uintptr_t>(all[i]));
}

StackFrames::StackFrames() noexcept {
    void* all[most_frames + 2];
    const int count = backtrace(all, most_frames + 2);
    for (int i = 2; i < count; ++i) add(reinterpret_cast<std::uintptr_t>(all[i]));
}

void StackFrames::add(std::uintptr_t address) noexcept {
    if (size_ < most_frames) frames_[size_++] = address;
}

// A return address stands behind its call, which may be the last of its line.
std::uintptr_t StackFrames::call_address(int i) const noexcept {
    return i == 0 && is_interrupted_ ? frames_[i] : frames_[i] - 1;
}

void StackFrames::write_frame(SignalText& text, int i) const noexcept {
    CodePlace place;
    if (find_code(call_address(i), place))
        text << place.file << "+" << SignalText::Hex{place.offset};
    else
        text << SignalText::Hex{frames_[i]} << " in no file";
}

void StackFrames::write_command(SignalText& text) const noexcept {
    CodePlace wanted{};
    for (int i = 0; i < size_; ++i) {
        CodePlace place;
        if (!find_code(call_address(i), place)) continue;
        if (!wanted.file || (place.is_handlers && !wanted.is_handlers)) wanted = place;
    }
    if (!wanted.file) return;
    text << "addr2line -Cfipe " << wanted.file;
    for (int i = 0; i < size_; ++i) {
        CodePlace place;
        // A recursion that used up the stack is one line, not twenty.
        if (i != 0 && frames_[i] == frames_[i - 1]) continue;
        if (find_code(call_address(i), place) &&
            std::strcmp(place.file, wanted.file) == 0)
            text << ' ' << SignalText::Hex{place.offset};
    }
}

}  // namespace cppcgi::module
