// Keeps static destructors of handler libraries from running under a running handler:
// prefork calls exit() inside a signal handler, and exit() destroys what the handler uses.
#ifndef CPPCGI_MODULE_EXIT_GUARD_H
#define CPPCGI_MODULE_EXIT_GUARD_H

namespace cppcgi::module {

// After the last library has been opened, so that it runs before their destructors.
void install_exit_guard_child() noexcept;

// Whether a handler runs in any thread of this child.
bool has_calls_in_flight() noexcept;

// One call of a handler, counted while it lives.
class CallInFlight {
public:
    CallInFlight() noexcept;
    ~CallInFlight();
    CallInFlight(const CallInFlight&) = delete;
    CallInFlight& operator=(const CallInFlight&) = delete;
};

}  // namespace cppcgi::module

#endif
