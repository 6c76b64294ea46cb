#include "host/spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

// The child runs on the parent's memory: a sanitizer's notes on its stack and descriptors
// would stay behind as the parent's. It calls the kernel directly, past interceptors.
#define CPPCGI_CHILD                                                                   \
    __attribute__((noinline, no_sanitize("address"), no_sanitize("undefined"),         \
                   no_sanitize("thread"))) static

// The thread sanitizer takes clone for a fork and marks the parent's threads as gone;
// glibc's other name for it passes by.
#if defined(__SANITIZE_THREAD__)
#define CPPCGI_CLONE __clone
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CPPCGI_CLONE __clone
#endif
#endif
#ifdef CPPCGI_CLONE
extern "C" int __clone(int (*)(void*), void*, int, void*, ...);
#else
#define CPPCGI_CLONE ::clone
#endif

namespace cppcgi::host {
namespace {

constexpr unsigned close_range_cloexec = 4;  // CLOSE_RANGE_CLOEXEC, Linux 5.11
constexpr std::size_t signal_set_size = 8;   // the kernel's sigset_t: 64 signals
constexpr int last_signal = 64;
constexpr int highest_guess =
    65536;  // descriptors tried where nothing tells which exist

// What parent and child share.
struct Shared {
    const SpawnRequest* request;
    // Written by the child, read once it has gone.
    volatile SpawnStep step;
    volatile int error;
    volatile int detail;
    std::uint64_t no_signals;
    // A kernel's sigaction of zeros: SIG_DFL without flags, on every architecture.
    std::uint64_t default_action[8];
    char entries[1024];  // of /proc/self/fd
};

struct KernelEntry {  // struct linux_dirent64
    std::uint64_t inode;
    std::int64_t offset;
    unsigned short size;
    unsigned char type;
    char name[1];
};

[[noreturn]] CPPCGI_CHILD void fail(Shared* shared, SpawnStep step, int detail) {
    shared->error = errno;
    shared->step = step;
    shared->detail = detail;
    for (;;) ::syscall(SYS_exit_group, 127);
}

// Handlers of the parent must not run here once signals are let in, and an ignored
// SIGPIPE would survive the exec: all go back to the default.
CPPCGI_CHILD void reset_signals(Shared* shared) {
    for (int signal = 1; signal <= last_signal; ++signal) {
        if (signal == SIGKILL || signal == SIGSTOP) continue;
        ::syscall(SYS_rt_sigaction, signal, shared->default_action, nullptr,
                  signal_set_size);
    }
}

CPPCGI_CHILD void place_descriptors(Shared* shared) {
    int from[3];
    for (int i = 0; i < 3; ++i) {
        from[i] = shared->request->fds[i];
        if (from[i] < 0)
            from[i] = static_cast<int>(
                ::syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0));
        // Out of the way of the ones placed before it.
        if (from[i] >= 0 && from[i] < 3 && from[i] != i)
            from[i] =
                static_cast<int>(::syscall(SYS_fcntl, from[i], F_DUPFD_CLOEXEC, 3));
        if (from[i] < 0) fail(shared, SpawnStep::descriptors, i);
    }
    for (int i = 0; i < 3; ++i) {
        long done = from[i] == i ? ::syscall(SYS_fcntl, i, F_SETFD, 0)
                                 : ::syscall(SYS_dup3, from[i], i, 0);
        if (done < 0) fail(shared, SpawnStep::descriptors, i);
    }
}

CPPCGI_CHILD int number(const char* text) {
    int value = 0;
    for (; *text >= '0' && *text <= '9'; ++text) value = value * 10 + (*text - '0');
    return *text == 0 ? value : -1;
}

// For kernels without close_range. False without /proc.
CPPCGI_CHILD bool mark_listed_descriptors(Shared* shared) {
    int directory = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, "/proc/self/fd",
                                               O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
    if (directory < 0) return false;
    for (;;) {
        long size = ::syscall(SYS_getdents64, directory, shared->entries,
                              sizeof(shared->entries));
        if (size <= 0) return size == 0;
        for (long at = 0; at < size;) {
            auto* entry = reinterpret_cast<KernelEntry*>(shared->entries + at);
            int fd = number(entry->name);
            if (fd > 2) ::syscall(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
            at += entry->size;
        }
    }
}

CPPCGI_CHILD void close_the_rest(Shared* shared) {
    if (::syscall(SYS_close_range, 3u, ~0u, close_range_cloexec) == 0) return;
    if (mark_listed_descriptors(shared)) return;
    for (int fd = 3; fd < highest_guess; ++fd)
        ::syscall(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
}

CPPCGI_CHILD void enter_directory(Shared* shared) {
    const SpawnRequest& request = *shared->request;
    long done = 0;
    if (request.cwd_fd >= 0)
        done = ::syscall(SYS_fchdir, request.cwd_fd);
    else if (request.cwd != nullptr)
        done = ::syscall(SYS_chdir, request.cwd);
    if (done < 0) fail(shared, SpawnStep::directory, -1);
}

CPPCGI_CHILD void set_limits(Shared* shared) {
    const SpawnLimit* limit = shared->request->limits.data();
    for (std::size_t i = shared->request->limits.size(); i != 0; --i, ++limit)
        if (::syscall(SYS_prlimit64, 0, limit->resource, &limit->value, nullptr) < 0)
            fail(shared, SpawnStep::limits, limit->resource);
}

CPPCGI_CHILD int child(void* argument) {
    Shared* shared = static_cast<Shared*>(argument);
    const SpawnRequest& request = *shared->request;
    if (request.own_group && ::syscall(SYS_setpgid, 0, 0) < 0)
        fail(shared, SpawnStep::group, -1);
    reset_signals(shared);
    place_descriptors(shared);
    enter_directory(shared);
    close_the_rest(shared);
    set_limits(shared);
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &shared->no_signals, nullptr,
              signal_set_size);
    ::syscall(SYS_execve, request.path, request.argv, request.envp);
    fail(shared, SpawnStep::exec, -1);
}

// A child that failed is about to be a zombie; signals are still blocked.
void reap(pid_t pid, int pidfd) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (pidfd >= 0) ::close(pidfd);
}

const char* step_text(SpawnStep step) {
    switch (step) {
        case SpawnStep::none:
            return "started";
        case SpawnStep::clone:
            return "cannot create a process";
        case SpawnStep::group:
            return "cannot create a process group";
        case SpawnStep::descriptors:
            return "cannot pass on its standard descriptors";
        case SpawnStep::directory:
            return "cannot enter its directory";
        case SpawnStep::limits:
            return "cannot set its resource limits";
        case SpawnStep::exec:
            return "cannot execute it";
    }
    return "";
}

}  // namespace

SpawnResult spawn(const SpawnRequest& request) noexcept {
    // The child's stack lies inside this frame: nothing to map, and above what the calls
    // below have used, so that no limit which the child sets can keep it from growing.
    alignas(16) char stack[16384];
    Shared shared = {};
    shared.request = &request;
    shared.step = SpawnStep::none;
    int pidfd = -1;

    // All of them, also the two that glibc keeps for itself and pthread_sigmask leaves
    // out: their handlers would run in the child, on this memory.
    std::uint64_t all = ~std::uint64_t{0}, before = 0;
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, signal_set_size);
    // With the memory shared, the child's word for itself is the parent's.
    const int note = request.note_pid ? CLONE_CHILD_SETTID : 0;
    const int flags = CLONE_VM | CLONE_VFORK | SIGCHLD | note;
    char* top = stack + sizeof(stack);
    pid_t pid = CPPCGI_CLONE(child, top, flags | CLONE_PIDFD, &shared, &pidfd, nullptr,
                             request.note_pid);
    if (pid < 0 && (errno == EMFILE || errno == ENFILE || errno == EINVAL))
        pid = CPPCGI_CLONE(child, top, flags, &shared, nullptr, nullptr,
                           request.note_pid);
    SpawnResult result;
    if (pid < 0) {
        result.step = SpawnStep::clone;
        result.error = errno;
    } else if (shared.step != SpawnStep::none) {
        reap(pid, pidfd);
        result.step = shared.step;
        result.error = shared.error;
        result.detail = shared.detail;
    } else {
        result.pid = pid;
        result.pidfd = pidfd;
    }
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, nullptr, signal_set_size);
    return result;
}

std::string describe_failure(const SpawnResult& result) {
    std::string text = step_text(result.step);
    return result.error == 0 ? text : text + ": " + std::strerror(result.error);
}

}  // namespace cppcgi::host
