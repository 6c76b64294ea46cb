#include "module/library_life.h"

#include "gateway/httpd/log.h"
#include "host/loader.h"
#include "module/crash.h"
#include "module/error_report.h"
#include "module/signals_held.h"

#include <algorithm>
#include <string>
#include <utility>

namespace cppcgi::module {

namespace {

constexpr std::chrono::seconds longest_pause{60};

template <class Function>
Function find(void* handle, const std::string& symbol) noexcept {
    return reinterpret_cast<Function>(host::find_symbol(handle, symbol));
}

}  // namespace

LibraryLife::LibraryLife(server_rec* server, const char* path,
                         const std::vector<host::Card>& cards, void* handle)
    : server_(server),
      path_(path),
      child_start_(find<cppcgi_child>(handle, CPPCGI_CHILD_START_SYMBOL)),
      child_stop_(find<cppcgi_child>(handle, CPPCGI_CHILD_STOP_SYMBOL)) {
    for (const host::Card& card : cards) {
        is_serial_ = is_serial_ || (card.flags & CPPCGI_CARD_SERIAL);
        if (!(card.flags & CPPCGI_CARD_STATE)) continue;
        if (const auto change =
                find<cppcgi_state>(handle, CPPCGI_STATE_PREFIX + card.name))
            states_.push_back({change, card.name, false});
    }
}

bool LibraryLife::is_needed() const noexcept {
    return child_start_ || child_stop_ || is_serial_ || !states_.empty();
}

bool LibraryLife::start() noexcept {
    if (is_started_.load(std::memory_order_acquire)) return true;
    if (is_stopped_.load()) return false;
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
    outcome.frame_count = 0;
    const SignalsHeld held;
    if (child_start_ && !child_is_started_) {
        const CrashScope scope(server_, "CPPCGI_CHILD_START of", path_);
        child_start_(&outcome);
        if (!succeeded("CPPCGI_CHILD_START", outcome)) return false;
        child_is_started_ = true;
    }
    for (State& state : states_) {
        if (state.is_made) continue;
        const CrashScope scope(server_, "the constructor of", state.name.c_str());
        state.change(1, &outcome);
        if (!succeeded(state.name.c_str(), outcome)) return false;
        state.is_made = true;
    }
    return true;
}

void LibraryLife::stop() noexcept {
    is_stopped_ = true;
    is_started_ = false;
    cppcgi_outcome outcome;
    outcome.size = sizeof outcome;
    outcome.frame_count = 0;
    std::for_each(states_.rbegin(), states_.rend(), [&](State& state) {
        if (!std::exchange(state.is_made, false)) return;
        const CrashScope scope(server_, "the destructor of", state.name.c_str());
        state.change(0, &outcome);
        succeeded(state.name.c_str(), outcome);
    });
    if (!child_stop_ || (child_start_ && !std::exchange(child_is_started_, false)))
        return;
    const CrashScope scope(server_, "CPPCGI_CHILD_STOP of", path_);
    child_stop_(&outcome);
    succeeded("CPPCGI_CHILD_STOP", outcome);
}

bool LibraryLife::succeeded(const char* what,
                            const cppcgi_outcome& outcome) const noexcept {
    if (outcome.cause == CPPCGI_CAUSE_NONE) return true;
    ap_log_error(
        APLOG_MARK, APLOG_ERR, 0, server_,
        "CPPCGI0520: library %s: %s threw %s: %s%s; while it cannot start, its "
        "handlers answer 503, and it is tried again after a pause (%d s now)",
        path_, what, outcome.type, outcome.what, thrown_at(server_, outcome).c_str(),
        static_cast<int>(pause_.count()));
    return false;
}

std::unique_lock<std::mutex> LibraryLife::lock_for(std::uint32_t flags) {
    if (!(flags & CPPCGI_CARD_SERIAL)) return {};
    return std::unique_lock(serial_mutex_);
}

}  // namespace cppcgi::module
