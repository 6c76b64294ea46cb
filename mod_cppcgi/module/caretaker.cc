#include "module/caretaker.h"

#include "gateway/httpd/log.h"
#include "gateway/httpd/pool_new.h"
#include "module/orphans.h"
#include "module/signals_held.h"

#include <ap_mpm.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

namespace cppcgi::module {

namespace {

using namespace std::chrono_literals;

// Between TERM and KILL for a script whose client or time is gone: enough to remove a
// lock file, short enough that nobody waits for it.
constexpr std::chrono::milliseconds term_grace = 2000ms;
// At a stop the server's parent allows its children about four seconds.
constexpr std::chrono::milliseconds stop_grace = 1000ms;

}  // namespace

Caretaker::Caretaker(server_rec* server)
    : server_(server),
      running_(running_scripts_of(server)),
      self_(::getpid()),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Caretaker::~Caretaker() {
    closing_ = true;
    if (hard_) stop(false);
    if (wake_.is_open()) eventfd_write(wake_.get(), 1);
    if (!thread_.joinable()) return;
    wait_gracefully();
    thread_.join();
}

// A graceful end waits for scripts as long as they take; a stop of the server in the
// meantime must still end them. httpd's own handlers of these signals have nothing left to
// do here, and one that is ignored stays pending while it is blocked.
void Caretaker::wait_gracefully() noexcept {
    sigset_t stops;
    sigset_t before;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &stops, &before);
    constexpr timespec turn{.tv_sec = 0, .tv_nsec = 20'000'000};
    while (!finished_) {
        if (::sigtimedwait(&stops, nullptr, &turn) > 0) stop(false);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Caretaker::let_finish(ScriptProcess process, ScriptErrors errors,
                           std::chrono::milliseconds patience) {
    if (process.err.is_open() && !errors.read_from(process.err.get()))
        process.err.close();
    if (process.ended() && !process.err.is_open()) return;
    process.in.close();
    process.out.close();
    errors.leave_request();
    add({std::move(process), std::move(errors), patience, Clock::now() + patience});
}

void Caretaker::end(ScriptProcess process, ScriptErrors errors) {
    errors.leave_request();
    Ward ward{std::move(process), std::move(errors), term_grace, {}};
    ward.process.out.close();
    ward.process.in.close();
    tell_to_end(ward, Clock::now());
    if (!is_settled(ward, Clock::now())) add(std::move(ward));
}

void Caretaker::tell_to_end(Ward& ward, Clock::time_point now) {
    ward.process.condemn();
    ward.ending = true;
    ward.patience = term_grace;
    ward.deadline = now + term_grace;
    const int error = ward.process.signal(SIGTERM);
    ward.out_of_reach = error == EPERM;
    if (!ward.out_of_reach) return;
    ward.process.hand_over();
    ap_log_error(
        APLOG_MARK, APLOG_WARNING, 0, ward.errors.server(),
        "CPPCGI0421: %s (process %ld) runs as another user; its output is closed, and "
        "the server's parent ends it within about ten seconds",
        ward.errors.script().c_str(), static_cast<long>(ward.process.pid()));
}

void Caretaker::add(Ward ward) {
    // prefork's child ends in a signal handler, which must not find the mutex taken; and
    // signals are for the server's own threads, so the caretaker's inherits the mask.
    const SignalsHeld held;
    const std::lock_guard lock(mutex_);
    arrivals_.push_back(std::move(ward));
    if (!thread_.joinable() && !start_thread()) arrivals_.clear();
    eventfd_write(wake_.get(), 1);
}

bool Caretaker::start_thread() {
    try {
        thread_ = std::thread([this] { run(); });
        return true;
    } catch (const std::system_error& error) {
        ap_log_error(
            APLOG_MARK, APLOG_ERR, error.code().value(), server_,
            "CPPCGI0422: no thread can be started to watch scripts that outlive "
            "their response; they are ended instead");
        return false;
    }
}

void Caretaker::run() {
    std::vector<Ward> wards;
    do {
        try {
            turn(wards);
        } catch (const std::bad_alloc&) {
            ::poll(nullptr, 0, 50);  // somebody else will give memory back
        }
    } while (!closing_ || !wards.empty());
    finished_ = true;
}

void Caretaker::turn(std::vector<Ward>& wards) {
    wait(wards);
    {
        const std::lock_guard lock(mutex_);
        wards.reserve(wards.size() + arrivals_.size());
        for (Ward& ward : arrivals_) wards.push_back(std::move(ward));
        arrivals_.clear();
    }
    const auto now = Clock::now();
    // A closing child waits for scripts, not for what they left in the background.
    std::erase_if(wards, [&](Ward& ward) {
        return is_settled(ward, now) ||
               (closing_ && (stopped_ || ward.out_of_reach || ward.process.ended()));
    });
}

// Also where the wards' stderr is drained, since is_settled() follows each wait.
void Caretaker::wait(const std::vector<Ward>& wards) {
    std::vector<pollfd> polled{{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    auto until = Clock::now() + 60s;
    for (const Ward& ward : wards) {
        const int fds[] = {ward.process.err.get(), ward.process.pidfd()};
        for (const int fd : fds)
            polled.push_back({.fd = fd, .events = POLLIN, .revents = 0});
        until = std::min(until, ward.deadline);
        const bool blind = ward.process.pid() != 0 && ward.process.pidfd() < 0;
        if (blind) until = std::min(until, Clock::now() + 10ms);
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    ::poll(polled.data(), polled.size(),
           static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    eventfd_t count;
    eventfd_read(wake_.get(), &count);
}

bool Caretaker::is_settled(Ward& ward, Clock::time_point now) {
    if (ward.process.err.is_open()) {
        pollfd news{.fd = ward.process.err.get(), .events = POLLIN, .revents = 0};
        if (::poll(&news, 1, 0) == 1) {
            if (!ward.errors.read_from(news.fd)) ward.process.err.close();
            if (!ward.ending) ward.deadline = now + ward.patience;
        }
    }
    const bool ended = ward.process.ended();
    if (ended && (ward.ending || !ward.process.err.is_open())) return true;
    if (now < ward.deadline) return false;
    if (ended) {
        // Only a background child still holds stderr, and says nothing.
        ward.errors.finish();
        return true;
    }
    if (!ward.ending) {
        ap_log_error(
            APLOG_MARK, APLOG_ERR, 0, ward.errors.server(),
            "CPPCGI0423: [client %s] %s (process %ld) went on for %.1f s after its "
            "response without a word and is ended; raise CppCGITimeout, or let it "
            "hand long work to a service",
            ward.errors.client().c_str(), ward.errors.script().c_str(),
            static_cast<long>(ward.process.pid()),
            static_cast<double>(ward.patience.count()) / 1000);
        tell_to_end(ward, now);
    } else {
        ward.process.signal(SIGKILL);
        ward.deadline = now + 60s;
    }
    return false;
}

host::RunningScripts::Slot* Caretaker::make_room() noexcept {
    return running_ ? running_->claim(self_) : nullptr;
}

void Caretaker::signal_all(int number) const noexcept {
    if (!running_) return;
    running_->each(self_, [&](pid_t pid) {
        if (::kill(-pid, number) == -1 && errno == ESRCH) ::kill(pid, number);
    });
}

bool Caretaker::all_ended() const noexcept {
    bool ended = true;
    if (!running_) return ended;
    running_->each(self_, [&](pid_t pid) {
        siginfo_t info{};
        const int flags = WEXITED | WNOHANG | WNOWAIT;
        const int result = ::waitid(P_PID, static_cast<id_t>(pid), &info, flags);
        if (result == 0 && info.si_pid == 0) ended = false;
    });
    return ended;
}

// May run in prefork's signal handler, whose interrupted thread holds whatever it holds:
// system calls and slots only.
void Caretaker::stop(bool graceful) noexcept {
    hard_ = !graceful;
    if (graceful) return;
    signal_all(SIGTERM);
    const auto deadline = Clock::now() + stop_grace;
    while (!all_ended() && Clock::now() < deadline) ::poll(nullptr, 0, 10);
    signal_all(SIGKILL);
    if (running_) running_->hand_over(self_);
    stopped_ = true;
    hard_ = false;
}

namespace {

Caretaker* find_caretaker(const server_rec* server) noexcept {
    void* found = nullptr;
    apr_pool_userdata_get(&found, "cppcgi_caretaker", server->process->pconf);
    return static_cast<Caretaker*>(found);
}

}  // namespace

Caretaker& caretaker_of(const server_rec* server) noexcept {
    return *find_caretaker(server);
}

void start_caretaker(apr_pool_t* child_pool, server_rec* server) {
    auto* caretaker = httpd::pool_new<Caretaker>(child_pool, server);
    apr_pool_userdata_setn(caretaker, "cppcgi_caretaker", apr_pool_cleanup_null,
                           server->process->pconf);
}

// prefork says "not graceful" whatever it does, but stops hard from its handler of SIGTERM
// or SIGHUP, where the signal is blocked.
void stop_caretaker(const server_rec* server, bool graceful) noexcept {
    int threaded = AP_MPMQ_NOT_SUPPORTED;
    ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded);
    if (threaded == AP_MPMQ_NOT_SUPPORTED) {
        sigset_t blocked;
        pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
        graceful = !sigismember(&blocked, SIGTERM) && !sigismember(&blocked, SIGHUP);
    }
    // A child that never got as far as child_init has none.
    if (Caretaker* caretaker = find_caretaker(server)) caretaker->stop(graceful);
}

}  // namespace cppcgi::module
