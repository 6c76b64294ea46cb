// Starts a program the way vfork does: parent and child share memory until the exec, so
// the cost does not depend on the parent's size, and what goes wrong in the child is
// known exactly when spawn returns. Safe in a threaded process: all signals are blocked
// meanwhile and the child calls nothing but the kernel. Any thread.
#ifndef CPPCGI_HOST_SPAWN_H
#define CPPCGI_HOST_SPAWN_H

#include <sys/resource.h>
#include <sys/types.h>

#include <span>
#include <string>

namespace cppcgi::host {

struct SpawnLimit {
    int resource;  // RLIMIT_...
    struct rlimit value;
};

// What the child is to be. Everything is borrowed until spawn returns.
struct SpawnRequest {
    const char* path = nullptr;   // no search in PATH; a relative one is below cwd
    char* const* argv = nullptr;  // ends with NULL
    char* const* envp = nullptr;  // ends with NULL
    const char* cwd = nullptr;    // NULL: the server's
    int cwd_fd = -1;              // an open directory, in place of cwd
    int fds[3] = {-1, -1, -1};    // stdin, stdout, stderr; -1: /dev/null
    std::span<const SpawnLimit> limits = {};
    pid_t* note_pid = nullptr;  // gets the pid before the process does anything
    bool own_group = true;  // a process group of its own, so that kill(-pid) ends all
};

// In the order in which the child takes them. Its signals have their default action and
// an empty mask; descriptors above 2 are closed by the exec.
enum class SpawnStep { none, clone, group, descriptors, directory, limits, exec };

struct SpawnResult {
    pid_t pid =
        -1;  // -1 when the program does not run; nothing is left to wait for then
    int pidfd =
        -1;  // the caller's to close, close-on-exec; -1: kernel or limit has none
    SpawnStep step = SpawnStep::none;  // that failed
    int error = 0;                     // its errno
    int detail = -1;  // with descriptors: 0 to 2; with limits: the RLIMIT_...
};

// Returns when the program runs or could not be started. The caller waits for the pid.
SpawnResult spawn(const SpawnRequest& request) noexcept;

// "cannot enter its directory: Permission denied": what happened, without a cause. For
// SpawnStep::exec, script_fault.h finds the cause.
std::string describe_failure(const SpawnResult& result);

}  // namespace cppcgi::host

#endif
