// Makes system calls of mod_cppcgi.so fail: preloaded into a private httpd. The file that
// CPPCGI_FAULTS names says which: "pipe2 24 0 1" fails pipe2 with errno 24 once, from its
// first call on; "poll 4 2 3" the third to fifth poll. Only calls from mod_cppcgi count.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

struct Order {
    char name[32];
    int error;
    int skip;
    int times;
};

std::atomic<int> calls{0};
char last_text[256];

// The order of the file; a new text starts the count anew.
bool read_order(Order* order) {
    const char* path = std::getenv("CPPCGI_FAULTS");
    if (!path) return false;
    char text[256] = {};
    const long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return false;
    syscall(SYS_read, fd, text, sizeof text - 1);
    syscall(SYS_close, fd);
    if (std::strcmp(text, last_text) != 0) {
        std::memcpy(last_text, text, sizeof text);
        calls = 0;
    }
    return std::sscanf(text, "%31s %d %d %d", order->name, &order->error, &order->skip,
                       &order->times) == 4;
}

bool is_ours(void* caller) {
    Dl_info info;
    return dladdr(caller, &info) && info.dli_fname &&
           std::strstr(info.dli_fname, "mod_cppcgi");
}

bool fails(const char* name, void* caller) {
    if (!is_ours(caller)) return false;
    const int before = errno;
    Order order{};
    if (read_order(&order) && std::strcmp(order.name, name) == 0) {
        const int call = calls++;
        if (call >= order.skip && call < order.skip + order.times) {
            errno = order.error;
            return true;
        }
    }
    errno = before;
    return false;
}

template <typename Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

#define CPPCGI_FAULT(result, name, parameters, arguments)                              \
    extern "C" [[gnu::visibility("default")]] result name parameters {                 \
        if (fails(#name, __builtin_return_address(0))) return -1;                      \
        return next<result parameters>(#name) arguments;                               \
    }

CPPCGI_FAULT(int, pipe2, (int ends[2], int flags), (ends, flags))
CPPCGI_FAULT(int, poll, (pollfd * fds, nfds_t count, int time), (fds, count, time))
CPPCGI_FAULT(ssize_t, read, (int fd, void* data, size_t size), (fd, data, size))
CPPCGI_FAULT(ssize_t, write, (int fd, const void* data, size_t size), (fd, data, size))
CPPCGI_FAULT(int, waitid, (idtype_t type, id_t id, siginfo_t* info, int options),
             (type, id, info, options))

extern "C" [[gnu::visibility("default")]] int open(const char* path, int flags, ...) {
    if (fails("open", __builtin_return_address(0))) return -1;
    va_list rest;
    va_start(rest, flags);
    const unsigned mode = va_arg(rest, unsigned);
    va_end(rest);
    return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

extern "C" [[gnu::visibility("default")]] int clone(int (*function)(void*), void* stack,
                                                    int flags, void* argument, ...) {
    if (fails("clone", __builtin_return_address(0))) return -1;
    va_list rest;
    va_start(rest, argument);
    pid_t* parent = va_arg(rest, pid_t*);
    va_end(rest);
    using Clone = int(int (*)(void*), void*, int, void*, ...);
    return next<Clone>("clone")(function, stack, flags, argument, parent);
}
