#include "core/throw_trace.h"

#include <cstdint>
#include <cxxabi.h>
#include <exception>
#include <typeinfo>
#include <unwind.h>

namespace cppcgi::detail {

namespace {

// Of the thread's innermost call: the runtime hands nothing of ours to a type_info.
constinit thread_local ThrowScope* innermost = nullptr;

struct Walk {
    cppcgi_outcome& outcome;
    std::uintptr_t end;
};

// The frames of the runtime itself, which are above the throw.
bool is_throwing(const void* function) noexcept {
    using Rethrow = void(std::exception_ptr);
    return function == reinterpret_cast<const void*>(&abi::__cxa_throw) ||
           function == reinterpret_cast<const void*>(&abi::__cxa_rethrow) ||
           function == reinterpret_cast<const void*>(
                           static_cast<Rethrow*>(&std::rethrow_exception));
}

_Unwind_Reason_Code visit_frame(_Unwind_Context* context, void* argument) noexcept {
    auto& walk = *static_cast<Walk*>(argument);
    if (_Unwind_GetCFA(context) > walk.end || walk.outcome.frame_count >= CPPCGI_FRAMES)
        return _URC_END_OF_STACK;
    int is_before = 0;
    std::uintptr_t address = _Unwind_GetIPInfo(context, &is_before);
    if (address == 0) return _URC_END_OF_STACK;
    // A return address stands behind its call, which may be the last of its line.
    if (!is_before) --address;
    if (walk.outcome.frame_count < 16 &&
        is_throwing(_Unwind_FindEnclosingFunction(reinterpret_cast<void*>(address)))) {
        walk.outcome.frame_count = 0;
        return _URC_NO_REASON;
    }
    walk.outcome.frames[walk.outcome.frame_count++] = address;
    return _URC_NO_REASON;
}

}  // namespace

ThrowScope::ThrowScope(cppcgi_outcome& outcome, const void* frame) noexcept
    : outcome_(outcome), frame_(frame), outer_(innermost) {
    innermost = this;
}

ThrowScope::~ThrowScope() { innermost = outer_; }

ThrowScope* ThrowScope::current() noexcept { return innermost; }

void ThrowScope::record() noexcept {
    if (!CPPCGI_HAS(&outcome_, frames)) return;
    outcome_.frame_count = 0;
    Walk walk{outcome_, reinterpret_cast<std::uintptr_t>(frame_)};
    _Unwind_Backtrace(visit_frame, &walk);
}

#ifdef __GLIBCXX__
// libstdc++'s way of asking a catch clause. (Others have none that could be used so: there
// the clause for ThrowMark is one that never matches, and reports have no stack.)
class ThrowSensor final : public std::type_info {
public:
    ThrowSensor() noexcept : std::type_info("N6cppcgi6detail9ThrowMarkE") {}
    bool __do_catch(const std::type_info*, void**, unsigned) const override {
        if (innermost) innermost->record();
        return false;
    }
};

// Never destroyed: threads may throw until the process is gone.
union ThrowSensorHolder {
    ThrowSensorHolder() noexcept : sensor() {}
    ~ThrowSensorHolder() {}
    ThrowSensor sensor;
};

extern ThrowSensorHolder throw_sensor asm("_ZTIN6cppcgi6detail9ThrowMarkE");
__attribute__((visibility("hidden"))) ThrowSensorHolder throw_sensor;
#else
ThrowMark::~ThrowMark() = default;
#endif

}  // namespace cppcgi::detail

namespace cppcgi::cgitb {

void enable(const Options& options) {
    if (detail::ThrowScope* scope = detail::ThrowScope::current())
        scope->options = std::make_unique<Options>(options);
}

}  // namespace cppcgi::cgitb
