#include "host/checker.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "host/loader.h"

namespace cppcgi::host {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// The process tells how far it came, a byte each, and ends with one of the last two.
enum Report : char {
    at_runtime = 'r',  // privileges are dropped, libcppcgi.so.1 is next
    at_library = 'l',
    all_well = 'K',
    has_fault = 'E'  // a byte with the cause and the text follow
};

// --- in the checking process --------------------------------------------------------

void tell(int fd, std::string_view text) {
    while (!text.empty()) {
        ssize_t n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

void tell(int fd, Report report) {
    char byte = report;
    tell(fd, std::string_view(&byte, 1));
}

[[noreturn]] void tell_and_end(int fd, const LibraryFault& fault) {
    std::string text{has_fault, static_cast<char>(fault.cause)};
    tell(fd, text + fault.text);
    ::_exit(0);
}

// A constructor that calls exit() must not run the server's own atexit functions: they
// would remove the semaphores and shared memory of the parent. Ours runs before them.
void stop_exit_halfway() {
#ifdef __GLIBC__
    ::on_exit([](int status, void*) { ::_exit(status); }, nullptr);
#else
    std::atexit([] { ::_exit(EXIT_FAILURE); });
#endif
}

// The parent's handlers know nothing of this process.
void forget_the_parent() {
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal)
        ::sigaction(signal, &standard, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::setpgid(0, 0);
    struct rlimit no_core = {0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    int null = ::open("/dev/null", O_RDONLY);
    if (null > 0) {
        ::dup2(null, STDIN_FILENO);
        ::close(null);
    }
    stop_exit_halfway();
}

[[noreturn]] void check_and_end(const CheckRequest& request, int report) {
    forget_the_parent();
    // Should the parent be killed, nobody else would end a hanging constructor.
    ::alarm(static_cast<unsigned>(request.bound / std::chrono::seconds(1)) + 2);
    if (request.drop_privileges) {
        std::string reason = request.drop_privileges();
        if (!reason.empty())
            tell_and_end(report,
                         {LibraryCause::check_failed,
                          request.file + " cannot be checked as the server's user: " +
                              reason + "; see User and Group"});
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a change of user undoes it: not earlier
    Loader loader;
    tell(report, at_runtime);
    if (!request.runtime.empty()) {
        OpenLibrary runtime = loader.open(request.runtime_fd, request.runtime);
        if (runtime.fault) tell_and_end(report, runtime.fault);
    }
    tell(report, at_library);
    OpenLibrary library = loader.open(request.fd, request.file);
    if (library.fault) tell_and_end(report, library.fault);
    for (const Card& card : request.cards) {
        Entry entry = find_entry(library.handle, card.name, request.file);
        if (entry.fault) tell_and_end(report, entry.fault);
    }
    tell(report, all_well);
    ::_exit(0);
}

// --- in the parent ------------------------------------------------------------------

// What the process has said so far.
struct Told {
    bool started = false;  // privileges are dropped
    bool opening = false;  // the library's constructors have their turn
    bool well = false;
    LibraryFault fault;
};

Told understand(const std::string& said) {
    Told told;
    for (std::size_t i = 0; i < said.size(); ++i) {
        if (said[i] == at_runtime) told.started = true;
        if (said[i] == at_library) told.opening = true;
        if (said[i] == all_well) told.well = true;
        if (said[i] == has_fault && i + 1 < said.size()) {
            told.fault = {static_cast<LibraryCause>(said[i + 1]), said.substr(i + 2)};
            break;
        }
    }
    return told;
}

// What the process said until it closed the pipe, was done, or `deadline` came. A second
// process of its own could hold the pipe open, so its end is looked at as well.
std::string listen(int fd, pid_t pid, Clock::time_point deadline, bool& in_time) {
    std::string said;
    for (;;) {
        milliseconds left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
        in_time = left > milliseconds(0);
        if (!in_time) return said;
        pollfd poll = {fd, POLLIN, 0};
        int ready = ::poll(&poll, 1,
                           static_cast<int>(std::min(left, milliseconds(100)).count()));
        if (ready <= 0) {
            siginfo_t info = {};
            if (::waitid(P_PID, static_cast<id_t>(pid), &info,
                         WEXITED | WNOHANG | WNOWAIT) == 0 &&
                info.si_pid == pid && ready == 0)
                return said;
            continue;
        }
        char buffer[4096];
        ssize_t n = ::read(fd, buffer, sizeof(buffer));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return said;
        said.append(buffer, static_cast<std::size_t>(n));
        if (understand(said).well) return said;
    }
}

// Its exit status as waitpid gives it; -1 when SIGCHLD is ignored and nobody knows.
// Ends it first when it is not to go on, and whatever is left of its group.
int gather(pid_t pid, bool go_on) {
    if (!go_on) ::kill(pid, SIGKILL);
    siginfo_t info;
    while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0) {
        if (errno != EINTR) return -1;
    }
    ::kill(-pid, SIGKILL);
    int status = -1;
    while (::waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return -1;
    }
    return status;
}

std::string seconds(milliseconds time) {
    std::string text = std::to_string(time.count() / 1000);
    if (time.count() % 1000 != 0)
        text += "." + std::to_string(time.count() % 1000 + 1000).substr(1);
    return text + " s";
}

LibraryFault did_not_say(const CheckRequest& request, const Told& told, bool in_time,
                         int status) {
    bool of_runtime = told.started && !told.opening && !request.runtime.empty();
    const std::string& file = of_runtime ? request.runtime : request.file;
    std::string what = told.started ? ": its static constructors "
                                    : " cannot be checked: becoming the server's user ";
    LibraryFault fault;
    if (!in_time) {
        fault.cause = LibraryCause::check_timed_out;
        fault.text = file + what + "did not return within " + seconds(request.bound);
    } else if (status >= 0 && WIFSIGNALED(status)) {
        int signal = WTERMSIG(status);
        fault.cause = LibraryCause::check_signalled;
        fault.text = file + what + "ended the checking process by signal " +
                     std::to_string(signal) + " (" + ::strsignal(signal) + ")";
    } else {
        fault.cause = LibraryCause::check_exited;
        fault.text = file + what + "ended the checking process";
        if (status >= 0)
            fault.text += " with exit status " + std::to_string(WEXITSTATUS(status));
    }
    if (!told.started)
        fault.cause = LibraryCause::check_failed;
    else
        fault.text +=
            ", as they would end each server child: move that work into the "
            "handler";
    return fault;
}

LibraryFault cannot_start(const CheckRequest& request, const char* what, int error) {
    return {LibraryCause::check_failed,
            request.file + " cannot be checked, " + what + ": " + std::strerror(error) +
                "; look at the limits on processes and open files of the user that "
                "starts the server"};
}

}  // namespace

LibraryFault check_library(const CheckRequest& request) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return cannot_start(request, "no pipe", errno);
    Clock::time_point deadline = Clock::now() + request.bound;
    std::unique_lock<std::mutex> loader_rests;
    if (request.loader) loader_rests = std::unique_lock(*request.loader);
    pid_t pid = ::fork();
    if (pid == 0) {
        ::close(ends[0]);
        check_and_end(request, ends[1]);
    }
    int error = errno;
    if (loader_rests) loader_rests.unlock();
    ::close(ends[1]);
    if (pid < 0) {
        ::close(ends[0]);
        return cannot_start(request, "no process", error);
    }
    bool in_time = true;
    std::string said = listen(ends[0], pid, deadline, in_time);
    ::close(ends[0]);
    int status = gather(pid, in_time);
    Told told = understand(said);
    if (told.well || told.fault) return told.fault;
    return did_not_say(request, told, in_time, status);
}

}  // namespace cppcgi::host
