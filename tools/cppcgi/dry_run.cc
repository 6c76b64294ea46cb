#include "tools/cppcgi/dry_run.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/head_message.h"
#include "core/script_head.h"
#include "host/script_diagnosis.h"
#include "host/script_fault.h"

namespace cppcgi::tools {

namespace {

using host::Diagnosis;
using host::Severity;

constexpr std::size_t most_lines = 5;
constexpr std::size_t longest_line = 200;

struct Run {
    int start_error = 0;  // errno of a failed start
    std::string become_problem;
    std::string out;
    std::string err;
    int status = 0;  // as waitpid gives it
    bool timed_out = false;
    bool too_much = false;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (const std::string& text : texts)
        all.push_back(const_cast<char*>(text.c_str()));
    all.push_back(nullptr);
    return all;
}

// In the child: never returns. What goes wrong is told through `report`.
[[noreturn]] void start(const std::string& file, const host::Identity& user,
                        char* const* environment, const std::array<int, 3>& fds,
                        int report) {
    ::setpgid(0, 0);
    const rlimit processor = {10, 10};
    ::setrlimit(RLIMIT_CPU, &processor);
    for (int i = 0; i < 3; ++i) ::dup2(fds[static_cast<std::size_t>(i)], i);
    const std::string problem = become(user);
    const std::string folder = file.substr(0, file.rfind('/') + 1);
    std::string name = file.substr(folder.size());
    char* const argv[] = {name.data(), nullptr};
    int error = 0;
    if (problem.empty() && ::chdir(folder.c_str()) == 0)
        ::execve(file.c_str(), argv, environment);
    error = errno;
    const std::string said = problem.empty() ? std::to_string(error) : "b" + problem;
    // Nobody is there to hear of a failure here.
    if (::write(report, said.data(), said.size()) < 0) ::_exit(126);
    ::_exit(127);
}

std::string read_all(int fd) {
    std::string text;
    char piece[256];
    ssize_t size;
    while ((size = ::read(fd, piece, sizeof piece)) > 0)
        text.append(piece, static_cast<std::size_t>(size));
    return text;
}

// Takes what comes on both, until both end or a bound is met.
void gather(Run& run, int out, int err, const DryRunBounds& bounds) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + bounds.time;
    std::array<pollfd, 2> ends = {pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0}};
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - Clock::now());
        if (left.count() <= 0) {
            run.timed_out = true;
            return;
        }
        if (::poll(ends.data(), ends.size(), static_cast<int>(left.count())) < 0)
            continue;
        for (std::size_t i = 0; i < ends.size(); ++i) {
            if (ends[i].revents == 0) continue;
            char piece[4096];
            const ssize_t size = ::read(ends[i].fd, piece, sizeof piece);
            if (size <= 0) {
                ends[i].fd = -1;
                continue;
            }
            std::string& text = i == 0 ? run.out : run.err;
            text.append(piece, static_cast<std::size_t>(size));
            run.too_much = run.too_much || text.size() > bounds.output;
            if (run.too_much) return;
        }
    }
}

// Programs close their outputs a moment before they end; killed then, they would seem to
// have crashed.
void await_end(pid_t pid) {
    siginfo_t info{};
    for (int waited = 0; waited < 2000 && info.si_pid == 0; waited += 5) {
        if (::waitid(P_PID, static_cast<id_t>(pid), &info,
                     WEXITED | WNOWAIT | WNOHANG) != 0)
            return;
        if (info.si_pid == 0) ::usleep(5000);
    }
}

Run run_script(const std::string& file, const host::Identity& user,
               char* const* environment, const DryRunBounds& bounds) {
    Run run;
    std::array<int, 2> out{}, err{}, report{};
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || ::pipe2(out.data(), O_CLOEXEC) != 0 ||
        ::pipe2(err.data(), O_CLOEXEC) != 0 || ::pipe2(report.data(), O_CLOEXEC) != 0) {
        run.start_error = errno;
        return run;
    }
    const pid_t pid = ::fork();
    if (pid == 0) start(file, user, environment, {nothing, out[1], err[1]}, report[1]);
    for (const int fd : {nothing, out[1], err[1], report[1]}) ::close(fd);
    const std::string said = read_all(report[0]);
    if (said.starts_with('b'))
        run.become_problem = said.substr(1);
    else if (!said.empty())
        run.start_error = std::stoi(said);
    gather(run, out[0], err[0], bounds);
    if (!run.timed_out && !run.too_much) await_end(pid);
    // What it has started goes with it.
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, &run.status, 0);
    for (const int fd : {out[0], err[0], report[0]}) ::close(fd);
    return run;
}

std::string printable(std::string_view line) {
    std::string text(line.substr(0, longest_line));
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return text + (line.size() > longest_line ? "..." : "");
}

void add_lines(Diagnosis& diagnosis, const char* subject, std::string_view text) {
    for (std::size_t i = 0; i < most_lines && !text.empty(); ++i) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        diagnosis.good(subject, printable(line));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::string end_text(const Run& run) {
    if (run.timed_out) return "was still running at the end of its time";
    if (run.too_much) return "was ended, since it wrote more than is looked at";
    if (WIFSIGNALED(run.status))
        return std::string("was ended by signal ") +
               std::to_string(WTERMSIG(run.status)) + " (" +
               ::strsignal(WTERMSIG(run.status)) + ")";
    return "ended with exit code " + std::to_string(WEXITSTATUS(run.status));
}

void add_fault(Diagnosis& diagnosis, const char* subject, const char* number,
               std::string text) {
    for (const host::Finding& finding : diagnosis.findings)
        if (finding.number == number) return;
    diagnosis.add({Severity::fault, subject, number, std::move(text), ""});
}

// 126 and 127 are what env, the shell and the dynamic linker end with when they cannot
// start what they were asked to.
void explain_exit(Diagnosis& diagnosis, const host::Identity& user, const Run& run,
                  char* const* environment) {
    const int code = WIFEXITED(run.status) ? WEXITSTATUS(run.status) : 0;
    if (run.start_error == 0 && code != 126 && code != 127 && !run.out.empty()) return;
    const host::ScriptFault fault = host::find_script_fault({.path = diagnosis.file,
                                                             .user = user,
                                                             .error = run.start_error,
                                                             .has_failed = true,
                                                             .envp = environment});
    if (!fault) return;
    const char* number = host::message_number(fault.cause);
    add_fault(diagnosis, "run", number, fault.text);
    diagnosis.findings.back().command =
        host::repair_command(diagnosis.file, user, number);
}

void judge_head(Diagnosis& diagnosis, const Run& run) {
    ScriptHead head;
    const std::size_t taken = head.feed(run.out);
    const bool is_nph =
        diagnosis.file.substr(diagnosis.file.rfind('/') + 1).starts_with("nph-");
    if (is_nph) {
        diagnosis.note("run", "an nph- script writes the whole response itself");
        return add_lines(diagnosis, "output", run.out);
    }
    if (head.done()) {
        add_lines(diagnosis, "head", std::string_view(run.out).substr(0, taken));
        add_lines(diagnosis, "page", std::string_view(run.out).substr(taken));
        if (!run.timed_out && !run.too_much && WIFSIGNALED(run.status)) {
            const SignalMessage message = signal_message(WTERMSIG(run.status), true);
            add_fault(
                diagnosis, "run", message.number,
                "it " + end_text(run) + " within its response; " + message.remedy);
        }
        return;
    }
    if (run.timed_out)
        return add_fault(diagnosis, "run", silence_number(false),
                         "it " + end_text(run) + " and had not sent its head");
    const bool is_refused = head.refused();
    if (!is_refused && !run.too_much && WIFSIGNALED(run.status)) {
        const SignalMessage message = signal_message(WTERMSIG(run.status), false);
        return add_fault(diagnosis, "run", message.number,
                         "it " + end_text(run) +
                             " before its response head was whole; " + message.remedy);
    }
    if (!is_refused) head.finish();
    const HeadFault fault = head.fault();
    const std::string line = printable(head.offending_line());
    add_fault(diagnosis, "head", message_number(fault),
              "its response head is refused (it " + end_text(run) +
                  "): " + text(fault) + (line.empty() ? "" : ": \"" + line + "\"") +
                  "; " + remedy(fault));
}

}  // namespace

std::string become(const host::Identity& user) {
    if (::geteuid() != 0) return {};
    if (::setgroups(user.groups.size(), user.groups.data()) != 0 ||
        ::setgid(user.gid) != 0 || ::setuid(user.uid) != 0)
        return std::string("cannot become ") + host::user_name(user.uid) + ": " +
               std::strerror(errno);
    return {};
}

std::vector<std::string> cgi_environment(const std::string& file) {
    const std::size_t slash = file.rfind('/');
    const std::string folder = file.substr(0, slash), name = file.substr(slash);
    return {"GATEWAY_INTERFACE=CGI/1.1",
            "SERVER_PROTOCOL=HTTP/1.1",
            "SERVER_SOFTWARE=Apache",
            "SERVER_NAME=localhost",
            "SERVER_ADDR=127.0.0.1",
            "SERVER_PORT=80",
            "REQUEST_SCHEME=http",
            "REQUEST_METHOD=GET",
            "REQUEST_URI=" + name,
            "QUERY_STRING=",
            "SCRIPT_NAME=" + name,
            "SCRIPT_FILENAME=" + file,
            "DOCUMENT_ROOT=" + folder,
            "CONTEXT_PREFIX=",
            "CONTEXT_DOCUMENT_ROOT=" + folder,
            "REMOTE_ADDR=127.0.0.1",
            "REMOTE_PORT=1024",
            "HTTP_HOST=localhost",
            "HTTP_USER_AGENT=cppcgi doctor",
            "HTTP_ACCEPT=*/*",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
}

void dry_run(Diagnosis& diagnosis, const host::Identity& user,
             const std::vector<std::string>& environment, const DryRunBounds& bounds) {
    const std::vector<char*> variables = pointers(environment);
    if (::geteuid() != 0 && ::geteuid() != user.uid)
        diagnosis.note("run", "only root can run it as " + host::user_name(user.uid) +
                                  "; it was run as " + host::user_name(::geteuid()));
    const Run run = run_script(diagnosis.file, user, variables.data(), bounds);
    if (!run.become_problem.empty()) return diagnosis.note("run", run.become_problem);
    explain_exit(diagnosis, user, run, variables.data());
    if (run.start_error != 0) return;
    diagnosis.good("run", "it " + end_text(run));
    judge_head(diagnosis, run);
    add_lines(diagnosis, "stderr", run.err);
}

}  // namespace cppcgi::tools
