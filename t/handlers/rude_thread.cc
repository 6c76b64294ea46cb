// A thread of the library's own, which the end of its life waits for.
#include <cppcgi.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "rude.h"

namespace {

std::mutex mutex;
std::condition_variable changed;
bool is_ending = false;
std::string made_by_the_thread;
std::thread worker;

void work() {
    std::unique_lock lock(mutex);
    made_by_the_thread = build_number();
    changed.notify_all();
    changed.wait(lock, [] { return is_ending; });
}

}  // namespace

CPPCGI_CHILD_START() { worker = std::thread(work); }

CPPCGI_CHILD_STOP() {
    {
        const std::lock_guard lock(mutex);
        is_ending = true;
    }
    changed.notify_all();
    worker.join();
}

CPPCGI_HANDLER(rude_thread, req, res) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [] { return !made_by_the_thread.empty(); });
    res << made_by_the_thread;
}
