#include "module/exit_guard.h"

#include <atomic>
#include <cstdlib>
#include <unistd.h>

namespace cppcgi::module {

namespace {

// Of one server child, which never unloads the module: static state is allowed here.
constinit std::atomic<int> calls_in_flight{0};

}  // namespace

void install_exit_guard_child() noexcept {
    std::atexit([] {
        if (has_calls_in_flight()) _exit(0);
    });
}

bool has_calls_in_flight() noexcept { return calls_in_flight.load() != 0; }

CallInFlight::CallInFlight() noexcept { calls_in_flight.fetch_add(1); }

CallInFlight::~CallInFlight() { calls_in_flight.fetch_sub(1); }

}  // namespace cppcgi::module
