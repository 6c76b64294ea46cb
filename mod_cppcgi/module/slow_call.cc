#include "module/slow_call.h"

#include "module/slow_call_watcher.h"

namespace cppcgi::module {

SlowCall::SlowCall(const request_rec* r, const Handler& handler,
                   apr_interval_time_t limit)
    : r_(r), handler_(handler), limit_(limit) {
    if (limit == 0) return;
    thread_ = pthread_self();
    deadline_ = Clock::now() + limit_;
    slow_call_watcher_child().enter(*this);
}

SlowCall::~SlowCall() {
    if (limit_.count() != 0) slow_call_watcher_child().leave(*this);
}

}  // namespace cppcgi::module
