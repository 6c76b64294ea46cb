// Owns what outlives its response in a server child: scripts that closed their stdout and
// work on, their stderr and their exit, scripts that were told to end. One thread a child,
// started when first needed; it also ends every script when the child is stopped.
#ifndef CPPCGI_MODULE_CARETAKER_H
#define CPPCGI_MODULE_CARETAKER_H

#include "host/descriptor.h"
#include "host/running_scripts.h"
#include "module/script_errors.h"
#include "module/script_process.h"

#include <httpd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

namespace cppcgi::module {

class Caretaker {
public:
    explicit Caretaker(server_rec* server);
    ~Caretaker();
    Caretaker(const Caretaker&) = delete;
    Caretaker& operator=(const Caretaker&) = delete;

    // A script whose response is complete: it may finish its work, but not longer than
    // `patience` without a word on stderr.
    void let_finish(ScriptProcess process, ScriptErrors errors,
                    std::chrono::milliseconds patience);
    // A script that is to end with all its process group: TERM, and KILL after a moment.
    void end(ScriptProcess process, ScriptErrors errors);

    // child_stopping: a graceful child lets its scripts finish, another ends them now.
    void stop(bool graceful) noexcept;

    // Where a script that is about to start is noted, so that a stop reaches it. Null: it
    // will be missed.
    host::RunningScripts::Slot* make_room() noexcept;

private:
    using Clock = std::chrono::steady_clock;

    struct Ward {
        ScriptProcess process;
        ScriptErrors errors;
        std::chrono::milliseconds patience;
        Clock::time_point deadline;
        bool ending = false;
        bool out_of_reach = false;  // it runs as somebody else
    };

    void add(Ward ward);
    bool start_thread();
    void wait_gracefully() noexcept;
    void run();
    void turn(std::vector<Ward>& wards);
    void wait(const std::vector<Ward>& wards);
    static bool is_settled(Ward& ward, Clock::time_point now);
    static void tell_to_end(Ward& ward, Clock::time_point now);
    void signal_all(int number) const noexcept;
    bool all_ended() const noexcept;

    server_rec* server_;
    host::RunningScripts* running_;  // null: no memory for it
    pid_t self_;
    host::Descriptor wake_;  // an eventfd
    std::mutex mutex_;
    std::vector<Ward> arrivals_;  // under mutex_
    std::thread thread_;          // under mutex_
    std::atomic<bool> closing_{false};
    std::atomic<bool> stopped_{false};   // all has been done that a child can do
    std::atomic<bool> finished_{false};  // the thread is about to end
    std::atomic<bool> hard_{
        true};  // a child that ends without child_stopping is in trouble
};

// The caretaker of this server child.
Caretaker& caretaker_of(const server_rec* server) noexcept;
// child_init and child_stopping.
void start_caretaker(apr_pool_t* child_pool, server_rec* server);
void stop_caretaker(const server_rec* server, bool graceful) noexcept;

}  // namespace cppcgi::module

#endif
