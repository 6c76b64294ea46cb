// The thread of a server child that waits for calls to become slow, started with the first
// call under CppCGISlow; without one there is none. It wakes at deadlines, not at calls:
// entering and leaving is a list under a mutex. One a child; it lasts as long as the
// process.
#ifndef CPPCGI_MODULE_SLOW_CALL_WATCHER_H
#define CPPCGI_MODULE_SLOW_CALL_WATCHER_H

#include "module/slow_call.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace cppcgi::module {

class SlowCallWatcher {
public:
    void enter(SlowCall& call);
    void leave(SlowCall& call);

    void set_counter(SlowCallCounter counter) noexcept { counter_ = counter; }
    // No line is begun any more; waits for one that is being written, with a bound. Takes
    // no lock, since prefork's signal handler may have interrupted who holds it.
    void stop() noexcept;

private:
    using Clock = std::chrono::steady_clock;

    void start_thread(const server_rec* server);
    void run() noexcept;
    void turn(std::unique_lock<std::mutex>& lock);
    void report(SlowCall& call, std::unique_lock<std::mutex>& lock);
    SlowCall* earliest() const noexcept;

    std::mutex mutex_;
    std::condition_variable wake_;
    SlowCall* first_ = nullptr;  // under mutex_, and so are the next three
    Clock::time_point wakes_at_ = Clock::time_point::max();
    bool is_started_ = false;
    std::atomic<SlowCallCounter> counter_{nullptr};
    std::atomic<bool> is_stopped_{false};
    std::atomic<bool> is_writing_{false};
};

// The watcher of this server child.
SlowCallWatcher& slow_call_watcher_child() noexcept;

}  // namespace cppcgi::module

#endif
