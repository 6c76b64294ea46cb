// CppCGISlow: one line in the error log for a call of a handler that takes longer than
// allowed, with where its thread stands at that moment.
#ifndef CPPCGI_MODULE_SLOW_CALL_H
#define CPPCGI_MODULE_SLOW_CALL_H

#include "module/registry.h"

#include <httpd.h>
#include <apr_time.h>
#include <chrono>
#include <pthread.h>

namespace cppcgi::module {

// One call of a handler, watched while it lives; nothing is done when LIMIT is 0.
class SlowCall {
public:
    SlowCall(const request_rec* r, const Handler& handler, apr_interval_time_t limit);
    ~SlowCall();
    SlowCall(const SlowCall&) = delete;
    SlowCall& operator=(const SlowCall&) = delete;

private:
    friend class SlowCallWatcher;
    using Clock = std::chrono::steady_clock;

    const request_rec* r_;
    const Handler& handler_;
    std::chrono::microseconds limit_;
    Clock::time_point deadline_;
    pthread_t thread_;
    SlowCall* previous_ = nullptr;  // in the watcher's list
    SlowCall* next_ = nullptr;
    bool is_reported_ = false;
};

// Who counts such calls: called once for each, in a thread of its own. Set in child_init.
using SlowCallCounter = void (*)(const Handler& handler) noexcept;
void count_slow_calls_child(SlowCallCounter counter) noexcept;

// child_stopping: no line is begun any more. Safe in prefork's signal handler.
void stop_slow_calls_child() noexcept;

}  // namespace cppcgi::module

#endif
