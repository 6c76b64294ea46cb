#include "host/running_scripts.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

namespace cppcgi::host {

namespace {

// Of a script whose start was not seen to its end.
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

// Field 22 of /proc/PID/stat, in clock ticks; -1: there is no such process.
std::int64_t start_of(pid_t pid) noexcept {
    char text[512];
    std::snprintf(text, sizeof text, "/proc/%ld/stat", static_cast<long>(pid));
    const int file = ::open(text, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    const ssize_t size = ::read(file, text, sizeof text - 1);
    ::close(file);
    if (size <= 0) return -1;
    text[size] = 0;
    const char* at = std::strrchr(text, ')');  // its name may hold anything
    for (int field = 2; at && field < 22; ++field) at = std::strchr(at + 1, ' ');
    if (!at) return -1;
    const std::int64_t ticks = std::strtoll(at, nullptr, 10);
    return ticks * 1000 / ::sysconf(_SC_CLK_TCK);
}

// Whoever got the number after the keeper's death began later. A group whose first process
// has gone is still the script's: nobody gets the number of a group that exists.
bool is_another(pid_t script, std::int64_t since) noexcept {
    return start_of(script) > since;
}

// One that suexec started has no group of its own.
bool signal_group(pid_t script, int number) noexcept {
    if (::kill(-script, number) == 0) return true;
    return errno == ESRCH && ::kill(script, number) == 0;
}

}  // namespace

void RunningScripts::Slot::holds(pid_t script, std::int64_t since) noexcept {
    since_.store(since, std::memory_order_relaxed);
    script_.store(script, std::memory_order_release);
}

void RunningScripts::Slot::release(pid_t script) noexcept {
    if (script_.compare_exchange_strong(script, 0, std::memory_order_acq_rel))
        keeper_.store(nobody, std::memory_order_release);
}

void RunningScripts::Slot::hand_over() noexcept {
    since_.store(now(), std::memory_order_relaxed);
    keeper_.store(to_be_told, std::memory_order_release);
}

RunningScripts* RunningScripts::create() noexcept {
    void* memory = ::mmap(nullptr, sizeof(RunningScripts), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : new (memory) RunningScripts;
}

std::int64_t RunningScripts::now() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

RunningScripts::Slot* RunningScripts::claim(pid_t keeper) noexcept {
    // Each child begins elsewhere, so that they seldom meet.
    const std::size_t start = static_cast<std::size_t>(keeper) * 61;
    for (std::size_t i = 0; i < capacity; ++i) {
        Slot& slot = slots_[(start + i) % capacity];
        pid_t free = nobody;
        if (slot.keeper_.load(std::memory_order_relaxed) != nobody ||
            !slot.keeper_.compare_exchange_strong(free, keeper,
                                                  std::memory_order_acq_rel)) {
            continue;
        }
        slot.since_.store(never, std::memory_order_relaxed);
        return &slot;
    }
    return nullptr;
}

void RunningScripts::hand_over(pid_t keeper) noexcept {
    for (Slot& slot : slots_)
        if (slot.keeper_.load(std::memory_order_acquire) == keeper) slot.hand_over();
}

bool RunningScripts::tell(Slot& slot) noexcept {
    const pid_t script = slot.script_.load(std::memory_order_acquire);
    if (script == 0 || is_another(script, slot.since_) ||
        !signal_group(script, SIGTERM)) {
        slot.script_.store(0, std::memory_order_relaxed);
        slot.keeper_.store(nobody, std::memory_order_release);
        return false;
    }
    slot.since_.store(now(), std::memory_order_relaxed);
    slot.keeper_.store(told, std::memory_order_release);
    return true;
}

int RunningScripts::end_orphans(pid_t keeper) noexcept {
    int count = 0;
    for (Slot& slot : slots_) {
        if (slot.keeper_.load(std::memory_order_acquire) == keeper)
            count += tell(slot) ? 1 : 0;
    }
    return count;
}

void RunningScripts::kill_orphans(std::int64_t milliseconds) noexcept {
    for (Slot& slot : slots_) {
        const pid_t keeper = slot.keeper_.load(std::memory_order_acquire);
        if (keeper == to_be_told && !tell(slot)) continue;
        if (keeper != to_be_told && keeper != told) continue;
        const std::int64_t since = slot.since_;
        if (now() - since < milliseconds) continue;
        const pid_t script = slot.script_;
        if (!is_another(script, since)) signal_group(script, SIGKILL);
        slot.script_.store(0, std::memory_order_relaxed);
        slot.keeper_.store(nobody, std::memory_order_release);
    }
}

}  // namespace cppcgi::host
