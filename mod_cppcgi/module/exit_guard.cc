#include "module/exit_guard.h"

#include "module/crash.h"

#include <atomic>
#include <cstdlib>
#include <unistd.h>

namespace cppcgi::module {

namespace {

// Of one server child, which never unloads the module: static state is allowed here.
constinit std::atomic<int> calls_in_flight{0};

void end_under_calls() noexcept {
    if (has_calls_in_flight()) _exit(0);
}

// httpd itself ends a child by its pool first, where the guard of the pool is: who gets
// here with a call in flight is a handler that called exit().
void end_at_exit() noexcept {
    if (has_calls_in_flight()) report_exit_child();
    end_under_calls();
}

}  // namespace

void guard_child_pool(apr_pool_t* child) noexcept {
    apr_pool_cleanup_register(
        child, nullptr,
        [](void*) noexcept -> apr_status_t {
            end_under_calls();
            return APR_SUCCESS;
        },
        apr_pool_cleanup_null);
}

void install_exit_guard_child() noexcept {
    // The destructor of a static object inside a function is registered at its first
    // call, later than this, and runs before it; the pool's guard comes before both.
    std::atexit(end_at_exit);
}

bool has_calls_in_flight() noexcept { return calls_in_flight.load() != 0; }

CallInFlight::CallInFlight() noexcept { calls_in_flight.fetch_add(1); }

CallInFlight::~CallInFlight() { calls_in_flight.fetch_sub(1); }

}  // namespace cppcgi::module
