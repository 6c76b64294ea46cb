#include "module/slow_call_watcher.h"

#include "gateway/httpd/log.h"
#include "module/signals_held.h"
#include "module/thread_look.h"

#include <poll.h>
#include <string>
#include <system_error>
#include <thread>

namespace cppcgi::module {

namespace {

// What is said of a call, copied while it is sure to live.
struct Report {
    server_rec* server;
    std::string handler;
    std::string request;
    std::string client;
    double seconds;
};

Report describe(const request_rec* r, const Handler& handler,
                std::chrono::microseconds limit) {
    return {r->server, handler.label, r->the_request ? r->the_request : "",
            r->useragent_ip ? r->useragent_ip : "",
            std::chrono::duration<double>(limit).count()};
}

void log(const Report& report, const std::string& stack) {
    ap_log_error(
        APLOG_MARK, APLOG_WARNING, 0, report.server,
        "CPPCGI0540: [client %s] handler %s takes longer than %.2f s (CppCGISlow) "
        "for \"%s\"; its thread stands at %s",
        report.client.c_str(), report.handler.c_str(), report.seconds,
        report.request.c_str(),
        stack.empty() ? "a place that it does not tell: it does not answer "
                        "the signal SIGRTMIN+9, or another module uses it"
                      : stack.c_str());
}

}  // namespace

SlowCallWatcher& slow_call_watcher_child() noexcept {
    // Never destroyed: calls may run when the process ends.
    static SlowCallWatcher& watcher = *new SlowCallWatcher;
    return watcher;
}

void SlowCallWatcher::enter(SlowCall& call) {
    allow_thread_look();
    const std::lock_guard lock(mutex_);
    call.next_ = first_;
    if (first_) first_->previous_ = &call;
    first_ = &call;
    if (!is_started_) start_thread(call.r_->server);
    if (call.deadline_ < wakes_at_) wake_.notify_one();
}

void SlowCallWatcher::leave(SlowCall& call) {
    const std::lock_guard lock(mutex_);
    (call.previous_ ? call.previous_->next_ : first_) = call.next_;
    if (call.next_) call.next_->previous_ = call.previous_;
}

// Once a child, also when it fails: the next call would fail as well.
void SlowCallWatcher::start_thread(const server_rec* server) {
    is_started_ = true;
    install_thread_look_child();
    const SignalsHeld held;
    try {
        std::thread([this] { run(); }).detach();
    } catch (const std::system_error& error) {
        ap_log_error(APLOG_MARK, APLOG_ERR, error.code().value(), server,
                     "CPPCGI0541: no thread can be started for CppCGISlow: slow calls "
                     "in this child are not told");
    }
}

void SlowCallWatcher::run() noexcept {
    std::unique_lock lock(mutex_);
    while (!is_stopped_) turn(lock);
}

void SlowCallWatcher::turn(std::unique_lock<std::mutex>& lock) {
    SlowCall* call = earliest();
    wakes_at_ = call ? call->deadline_ : Clock::time_point::max();
    if (!call)
        wake_.wait(lock);
    else if (Clock::now() < wakes_at_)
        wake_.wait_until(lock, wakes_at_);
    else
        report(*call, lock);
}

SlowCall* SlowCallWatcher::earliest() const noexcept {
    SlowCall* found = nullptr;
    for (SlowCall* call = first_; call; call = call->next_)
        if (!call->is_reported_ && (!found || call->deadline_ < found->deadline_))
            found = call;
    return found;
}

void SlowCallWatcher::report(SlowCall& call, std::unique_lock<std::mutex>& lock) {
    call.is_reported_ = true;
    const Handler& handler = call.handler_;
    const Report report = describe(call.r_, handler, call.limit_);
    const bool is_asked = begin_thread_look(call.thread_);
    // The call may end from here on.
    lock.unlock();
    const std::string stack = is_asked ? read_thread_look() : std::string();
    is_writing_ = true;
    if (!is_stopped_) {
        log(report, stack);
        if (const SlowCallCounter counter = counter_) counter(handler);
    }
    is_writing_ = false;
    lock.lock();
}

void SlowCallWatcher::stop() noexcept {
    is_stopped_ = true;
    for (int i = 0; is_writing_ && i < 100; ++i) ::poll(nullptr, 0, 10);
}

void count_slow_calls_child(SlowCallCounter counter) noexcept {
    slow_call_watcher_child().set_counter(counter);
}

void stop_slow_calls_child() noexcept { slow_call_watcher_child().stop(); }

}  // namespace cppcgi::module
