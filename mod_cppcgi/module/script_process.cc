#include "module/script_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace cppcgi::module {

namespace {

using Clock = std::chrono::steady_clock;

int milliseconds_until(Clock::time_point when) noexcept {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

}  // namespace

std::string ScriptExit::text() const {
    if (!known) return "an unknown end";
    if (!signalled) return "exit code " + std::to_string(code);
    const char* name = sigdescr_np(code);
    return "signal " + std::to_string(code) + " (" + (name ? name : "unknown") +
           (core_dumped ? ", core dumped)" : ")");
}

ScriptProcess::ScriptProcess(ScriptProcess&& other) noexcept {
    *this = std::move(other);
}

ScriptProcess& ScriptProcess::operator=(ScriptProcess&& other) noexcept {
    if (this == &other) return *this;
    forget();
    in = std::move(other.in);
    out = std::move(other.out);
    err = std::move(other.err);
    pid_ = std::exchange(other.pid_, 0);
    pidfd_ = std::move(other.pidfd_);
    slot_ = std::exchange(other.slot_, nullptr);
    grouped_ = other.grouped_;
    condemned_ = other.condemned_;
    exit_ = other.exit_;
    return *this;
}

ScriptProcess::~ScriptProcess() { forget(); }

// Nobody is left to wait for it: the end of a server child, or memory is gone.
void ScriptProcess::forget() noexcept {
    if (pid_ == 0) return;
    condemn();
    if (signal(SIGKILL) == 0) ended_within(std::chrono::seconds(1));
    hand_over();
    pid_ = 0;
}

bool ScriptProcess::ended() noexcept {
    if (pid_ == 0) return true;
    siginfo_t info{};
    int result;
    do {
        result =
            waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    } while (result == -1 && errno == EINTR);
    if (result == 0 && info.si_pid == 0) return false;
    if (result == 0) {
        exit_ = {.known = true,
                 .signalled = info.si_code != CLD_EXITED,
                 .core_dumped = info.si_code == CLD_DUMPED,
                 .code = info.si_status};
    }  // else somebody else reaped it: it has ended, the rest is unknown
    // While the zombie is there its id cannot belong to another group.
    if (condemned_ && grouped_) ::kill(-pid_, SIGKILL);
    if (slot_) slot_->release(pid_);
    slot_ = nullptr;
    while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) == -1 &&
           errno == EINTR) {
    }
    pid_ = 0;
    pidfd_.close();
    return true;
}

bool ScriptProcess::ended_within(std::chrono::milliseconds bound) noexcept {
    const auto deadline = Clock::now() + bound;
    for (int pause = 1; !ended(); pause = std::min(pause * 2, 10)) {
        const int left = milliseconds_until(deadline);
        if (left == 0) return false;
        pollfd wait{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
        ::poll(&wait, 1, pidfd_.is_open() ? left : std::min(pause, left));
    }
    return true;
}

// Field 9 of /proc/PID/stat holds the kernel's task flags, and 0x4 is PF_EXITING: set
// before the process closes its files, so whoever sees end of file can tell a script that
// is ending from one that closed its output and works on.
bool ScriptProcess::is_exiting() const noexcept {
    if (pid_ == 0) return true;
    std::array<char, 512> text{};
    std::snprintf(text.data(), text.size(), "/proc/%ld/stat", static_cast<long>(pid_));
    const host::Descriptor file(::open(text.data(), O_RDONLY | O_CLOEXEC));
    // Without /proc: take it for ending, which costs the caller its bound at most.
    if (!file.is_open()) return true;
    const ssize_t size = ::read(file.get(), text.data(), text.size() - 1);
    if (size <= 0) return true;
    const std::string_view stat(text.data(), static_cast<std::size_t>(size));
    std::size_t at = stat.rfind(')');  // the name before it may hold anything
    for (int field = 2; field < 9 && at != std::string_view::npos; ++field) {
        at = stat.find(' ', at + 1);
    }
    if (at == std::string_view::npos) return true;
    constexpr unsigned long pf_exiting = 0x4;
    return (std::strtoul(stat.data() + at, nullptr, 10) & pf_exiting) != 0;
}

void ScriptProcess::hand_over() noexcept {
    if (slot_) slot_->hand_over();
    slot_ = nullptr;
}

int ScriptProcess::signal(int number) noexcept {
    if (pid_ == 0) return 0;
    return ::kill(grouped_ ? -pid_ : pid_, number) == 0 ? 0 : errno;
}

}  // namespace cppcgi::module
