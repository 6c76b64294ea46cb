// Keeps static destructors of handler libraries from running under a running handler:
// prefork calls exit() inside a signal handler, worker and event end while threads still
// run, and exit() destroys what the handler uses.
#ifndef CPPCGI_MODULE_EXIT_GUARD_H
#define CPPCGI_MODULE_EXIT_GUARD_H

#include <apr_pools.h>

namespace cppcgi::module {

// First of all in child_init: what the child's pool cleans up last is then ours, so that
// logs of other modules have been flushed when a call in flight makes the child end there.
void guard_child_pool(apr_pool_t* child) noexcept;

// After the last library has been opened, so that it runs before their destructors: for
// who calls exit() and leaves the pool alone.
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
