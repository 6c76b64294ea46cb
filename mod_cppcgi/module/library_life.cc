#include "module/library_life.h"

#include "gateway/httpd/log.h"
#include "gateway/httpd/pool_new.h"
#include "host/loader.h"
#include "module/exit_guard.h"

#include <algorithm>
#include <string>

namespace cppcgi::module {

namespace {

constexpr std::chrono::seconds longest_pause{60};

template <class Function>
Function find(void* handle, const std::string& symbol) noexcept {
    return reinterpret_cast<Function>(host::find_symbol(handle, symbol));
}

}  // namespace

LibraryLife::LibraryLife(server_rec* server, const Library& library, void* handle)
    : server_(server),
      library_(library),
      child_start_(find<cppcgi_child>(handle, CPPCGI_CHILD_START_SYMBOL)),
      child_stop_(find<cppcgi_child>(handle, CPPCGI_CHILD_STOP_SYMBOL)) {
    for (const Handler* handler = library.handlers; handler; handler = handler->next) {
        is_serial_ = is_serial_ || (handler->flags & CPPCGI_CARD_SERIAL);
        if (!(handler->flags & CPPCGI_CARD_STATE)) continue;
        const std::string symbol = std::string(CPPCGI_STATE_PREFIX) + handler->name;
        if (const auto change = find<cppcgi_state>(handle, symbol))
            states_.push_back({change, handler->name, false});
    }
}

LibraryLife::~LibraryLife() {
    // prefork ends a child from within a signal handler, under a running call.
    if (!has_calls_in_flight()) stop_all();
}

bool LibraryLife::is_needed() const noexcept {
    return child_start_ || child_stop_ || is_serial_ || !states_.empty();
}

bool LibraryLife::start() noexcept {
    if (is_started_.load(std::memory_order_acquire)) return true;
    const std::unique_lock lock(start_mutex_, std::try_to_lock);
    if (!lock || std::chrono::steady_clock::now() < next_try_)
        return is_started_.load(std::memory_order_acquire);
    const bool started = start_all();
    if (!started) {
        next_try_ = std::chrono::steady_clock::now() + pause_;
        pause_ = std::min(pause_ * 2, longest_pause);
    }
    is_started_.store(started, std::memory_order_release);
    return started;
}

bool LibraryLife::start_all() noexcept {
    cppcgi_outcome outcome;
    outcome.size = sizeof outcome;
    if (child_start_ && !child_is_started_) {
        child_start_(&outcome);
        if (!run("CPPCGI_CHILD_START", outcome)) return false;
        child_is_started_ = true;
    }
    for (State& state : states_) {
        if (state.is_made) continue;
        state.change(1, &outcome);
        if (!run(state.name, outcome)) return false;
        state.is_made = true;
    }
    return true;
}

void LibraryLife::stop_all() noexcept {
    cppcgi_outcome outcome;
    outcome.size = sizeof outcome;
    std::for_each(states_.rbegin(), states_.rend(), [&](State& state) {
        if (!state.is_made) return;
        state.change(0, &outcome);
        run(state.name, outcome);
    });
    if (!child_stop_ || (child_start_ && !child_is_started_)) return;
    child_stop_(&outcome);
    run("CPPCGI_CHILD_STOP", outcome);
}

bool LibraryLife::run(const char* what, cppcgi_outcome& outcome) noexcept {
    if (outcome.cause == CPPCGI_CAUSE_NONE) return true;
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, server_,
                 "CPPCGI0520: library %s: %s threw %s: %s; while it cannot start, its "
                 "handlers answer 503, and it is tried again after a pause (%d s now)",
                 library_.path, what, outcome.type, outcome.what,
                 static_cast<int>(pause_.count()));
    return false;
}

std::unique_lock<std::mutex> LibraryLife::lock_for(const Handler& handler) {
    if (!(handler.flags & CPPCGI_CARD_SERIAL)) return {};
    return std::unique_lock(serial_mutex_);
}

void start_library_child(apr_pool_t* child, server_rec* server, Library& library,
                         void* handle) {
    auto* life = httpd::pool_new<LibraryLife>(child, server, library, handle);
    if (!life->is_needed()) return;
    library.life = life;
    life->start();
}

}  // namespace cppcgi::module
