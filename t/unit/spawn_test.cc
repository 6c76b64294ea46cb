#include "host/spawn.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <thread>
#include <vector>

#include "t/scratch_directory.h"

namespace cppcgi::host {
namespace {

using cppcgi_test::ScratchDirectory;

struct Pipe {
    Pipe() { EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0); }
    ~Pipe() {
        for (int end : ends)
            if (end >= 0) ::close(end);
    }
    void close_writer() { ::close(std::exchange(ends[1], -1)); }
    std::string read_all() {
        close_writer();
        std::string all;
        char buffer[4096];
        for (ssize_t n; (n = ::read(ends[0], buffer, sizeof(buffer))) > 0;)
            all.append(buffer, static_cast<std::size_t>(n));
        return all;
    }
    int ends[2] = {-1, -1};
};

int exit_status(const SpawnResult& result) {
    int status = -1;
    EXPECT_EQ(::waitpid(result.pid, &status, 0), result.pid) << std::strerror(errno);
    if (result.pidfd >= 0) ::close(result.pidfd);
    return status;
}

std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] auto& entry :
         std::filesystem::directory_iterator("/proc/self/fd"))
        ++count;
    return count;
}

// Runs `sh -c SCRIPT` as REQUEST says; its stdout, closed with the exit status.
class SpawnTest : public ::testing::Test {
protected:
    std::string shell(const std::string& script, SpawnRequest request = {}) {
        const char* argv[] = {"sh", "-c", script.c_str(), nullptr};
        const char* envp[] = {"PATH=/usr/bin:/bin", nullptr};
        request.path = "/bin/sh";
        request.argv = const_cast<char* const*>(argv);
        if (request.envp == nullptr) request.envp = const_cast<char* const*>(envp);
        Pipe out;
        request.fds[1] = out.ends[1];
        SpawnResult result = spawn(request);
        EXPECT_GT(result.pid, 0) << describe_failure(result);
        if (result.pid < 0) return "";
        std::string output = out.read_all();
        status_ = exit_status(result);
        return output;
    }
    SpawnResult failing(SpawnRequest request) {
        char* none[] = {nullptr};
        if (request.argv == nullptr) request.argv = none;
        request.envp = none;
        std::size_t before = open_descriptors();
        SpawnResult result = spawn(request);
        EXPECT_EQ(result.pid, -1);
        EXPECT_EQ(result.pidfd, -1);
        EXPECT_EQ(open_descriptors(), before);
        EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was left";
        return result;
    }

    int status_ = -1;
    ScratchDirectory directory_;
};

TEST_F(SpawnTest, GivesArgumentsAndExactlyItsEnvironment) {
    const char* argv[] = {"name", "a b", "", "*", nullptr};
    const char* envp[] = {"ONE=1", "TWO=a b", nullptr};
    SpawnRequest request;
    request.path = "/usr/bin/env";
    const char* env_argv[] = {"env", nullptr};
    request.argv = const_cast<char* const*>(env_argv);
    request.envp = const_cast<char* const*>(envp);
    Pipe out;
    request.fds[1] = out.ends[1];
    SpawnResult result = spawn(request);
    EXPECT_EQ(out.read_all(), "ONE=1\nTWO=a b\n");
    EXPECT_EQ(exit_status(result), 0);

    std::string script =
        directory_.write("s", "#!/bin/sh\nprintf '<%s>' \"$@\"\n", 0755);
    request.path = script.c_str();
    request.argv = const_cast<char* const*>(argv);
    Pipe second;
    request.fds[1] = second.ends[1];
    result = spawn(request);
    EXPECT_EQ(second.read_all(), "<a b><><*>");
    EXPECT_EQ(exit_status(result), 0);
}

TEST_F(SpawnTest, PidfdTellsTheExit) {
    SpawnRequest request;
    const char* argv[] = {"sh", "-c", "exit 7", nullptr};
    char* envp[] = {nullptr};
    request.path = "/bin/sh";
    request.argv = const_cast<char* const*>(argv);
    request.envp = envp;
    SpawnResult result = spawn(request);
    ASSERT_GT(result.pid, 0) << describe_failure(result);
    if (result.pidfd < 0) GTEST_SKIP() << "this kernel has no pidfd";
    EXPECT_NE(::fcntl(result.pidfd, F_GETFD) & FD_CLOEXEC, 0);
    pollfd poll = {result.pidfd, POLLIN, 0};
    EXPECT_EQ(::poll(&poll, 1, 10000), 1);
    int status = exit_status(result);
    EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST_F(SpawnTest, EntersADirectoryByPathAndByDescriptor) {
    SpawnRequest request;
    request.cwd = directory_.path().c_str();
    EXPECT_EQ(shell("pwd", request), directory_.path() + "\n");
    request.cwd = "/";
    request.cwd_fd = ::open(directory_.path().c_str(), O_PATH | O_CLOEXEC);
    EXPECT_EQ(shell("pwd", request), directory_.path() + "\n");
    ::close(request.cwd_fd);
}

TEST_F(SpawnTest, WithoutDescriptorsGetsDevNull) {
    EXPECT_EQ(shell("readlink /proc/self/fd/0 /proc/$$/fd/2"),
              "/dev/null\n/dev/null\n");
}

TEST_F(SpawnTest, PlacesDescriptorsAlsoFromAmongTheFirstThree) {
    Pipe in;
    ASSERT_EQ(::write(in.ends[1], "input", 5), 5);
    in.close_writer();
    std::string error = directory_ / "stderr";
    // In a process of its own, whose first three descriptors may be turned round.
    pid_t pid = ::fork();
    if (pid == 0) {
        int target =
            ::open(error.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0600);
        ::dup2(target, 0);      // its stderr is our stdin,
        ::dup2(in.ends[0], 1);  // its stdin our stdout
        ::fcntl(1, F_SETFD, FD_CLOEXEC);
        SpawnRequest request;
        const char* argv[] = {"sh", "-c", "cat >&2; echo out", nullptr};
        const char* envp[] = {"PATH=/usr/bin:/bin", nullptr};
        request.path = "/bin/sh";
        request.argv = const_cast<char* const*>(argv);
        request.envp = const_cast<char* const*>(envp);
        request.fds[0] = 1;
        request.fds[1] = 0;
        request.fds[2] = 0;
        SpawnResult result = spawn(request);
        int status = -1;
        ::waitpid(result.pid, &status, 0);
        ::_exit(result.pid > 0 && status == 0 ? 0 : 1);
    }
    int status = -1;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(ScratchDirectory::read(error), "inputout\n");
}

TEST_F(SpawnTest, KeepsADescriptorThatIsInPlaceAlready) {
    SpawnRequest request;
    request.fds[2] = 2;
    EXPECT_NE(shell("readlink /proc/self/fd/2", request), "");
}

TEST_F(SpawnTest, ClosesEveryOtherDescriptor) {
    int leaking[] = {3, 50, 1000};  // the shell itself may open the first few
    for (int& fd : leaking) fd = ::fcntl(0, F_DUPFD, fd);  // not close-on-exec
    std::string listed =
        shell("echo /proc/$$/fd/*; test -e /proc/$$/fd/50 || test -e /proc/$$/fd/1000");
    EXPECT_NE(status_, 0) << listed;
    for (int fd : leaking) {
        EXPECT_EQ(::fcntl(fd, F_GETFD), 0) << "the parent's own were touched";
        ::close(fd);
    }
}

// Makes a system call fail with ENOSYS, as on an older kernel, for the rest of this
// process and for what it starts.
bool forget_system_call(unsigned number) {
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST_F(SpawnTest, ClosesEveryOtherDescriptorOnAKernelWithoutCloseRange) {
    pid_t pid = ::fork();
    if (pid == 0) {
        for (int fd : {50, 51, 1000}) ::fcntl(0, F_DUPFD, fd);
        if (!forget_system_call(SYS_close_range)) ::_exit(9);
        SpawnRequest request;
        const char* argv[] = {"sh", "-c",
                              "for fd in 50 51 1000; do "
                              "test -e /proc/$$/fd/$fd && exit 1; done; exit 0",
                              nullptr};
        const char* envp[] = {"PATH=/usr/bin:/bin", nullptr};
        request.path = "/bin/sh";
        request.argv = const_cast<char* const*>(argv);
        request.envp = const_cast<char* const*>(envp);
        SpawnResult result = spawn(request);
        int status = -1;
        ::waitpid(result.pid, &status, 0);
        ::_exit(WEXITSTATUS(status));
    }
    int status = -1;
    ::waitpid(pid, &status, 0);
    if (WEXITSTATUS(status) == 9) GTEST_SKIP() << "no seccomp here";
    EXPECT_EQ(status, 0);
}

std::string line_of(const std::string& text, const std::string& name) {
    std::size_t at = text.find(name);
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

TEST_F(SpawnTest, SignalsAreDefaultAndUnblocked) {
    struct sigaction ignore = {}, handle = {}, before_pipe, before_usr1;
    ignore.sa_handler = SIG_IGN;
    handle.sa_handler = [](int) {};
    ::sigaction(SIGPIPE, &ignore, &before_pipe);
    ::sigaction(SIGUSR1, &handle, &before_usr1);
    sigset_t block, before;
    ::sigemptyset(&block);
    ::sigaddset(&block, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &block, &before);
    std::string status = shell("exec cat /proc/self/status");
    sigset_t now;
    ::pthread_sigmask(SIG_SETMASK, &before, &now);
    EXPECT_EQ(::sigismember(&now, SIGTERM), 1) << "the caller's mask is not restored";
    EXPECT_EQ(::sigismember(&now, SIGUSR2), 0);
    struct sigaction kept;
    ::sigaction(SIGPIPE, &before_pipe, &kept);
    EXPECT_EQ(kept.sa_handler, SIG_IGN) << "the caller's action is not kept";
    ::sigaction(SIGUSR1, &before_usr1, nullptr);
    EXPECT_EQ(line_of(status, "SigIgn"), "SigIgn:\t0000000000000000");
    EXPECT_EQ(line_of(status, "SigBlk"), "SigBlk:\t0000000000000000");
}

TEST_F(SpawnTest, HasAProcessGroupOfItsOwn) {
    EXPECT_EQ(shell("set -- $(cat /proc/$$/stat); [ $5 = $$ ] && echo own"), "own\n");
    SpawnRequest request;
    request.own_group = false;
    EXPECT_EQ(shell("set -- $(cat /proc/$$/stat); echo $5", request),
              std::to_string(::getpgrp()) + "\n");
}

TEST_F(SpawnTest, LimitsHoldInTheChildOnly) {
    struct rlimit before, after;
    ::getrlimit(RLIMIT_CPU, &before);
    SpawnLimit limits[] = {{RLIMIT_CPU, {17, 17}}, {RLIMIT_NOFILE, {33, 44}}};
    SpawnRequest request;
    request.limits = limits;
    EXPECT_EQ(shell("ulimit -t; ulimit -Sn; ulimit -Hn", request), "17\n33\n44\n");
    ::getrlimit(RLIMIT_CPU, &after);
    EXPECT_EQ(after.rlim_cur, before.rlim_cur);
}

// RLimitMEM smaller than what the server itself has mapped.
TEST_F(SpawnTest, MemoryLimitBelowTheParentsSizeDoesNotHinderTheStart) {
    std::vector<char> large(64 << 20, 'x');
    SpawnLimit limits[] = {{RLIMIT_AS, {32 << 20, 32 << 20}}};
    SpawnRequest request;
    request.limits = limits;
    EXPECT_EQ(shell("echo lives", request), "lives\n");
    EXPECT_EQ(large[large.size() - 1], 'x');
}

TEST_F(SpawnTest, FailedExecGivesItsErrno) {
    struct Case {
        std::string path;
        int error;
    };
    for (const Case& c : {Case{directory_ / "missing", ENOENT},
                          Case{directory_.write("plain", "text", 0644), EACCES},
                          Case{directory_.write("odd", "text\n", 0755), ENOEXEC},
                          Case{directory_.write("bad", "#!/no/where\n", 0755), ENOENT},
                          Case{directory_.path(), EACCES}}) {
        SpawnRequest request;
        request.path = c.path.c_str();
        SpawnResult result = failing(request);
        EXPECT_EQ(result.step, SpawnStep::exec) << c.path;
        EXPECT_EQ(result.error, c.error) << c.path;
    }
}

TEST_F(SpawnTest, TooLargeEnvironmentIsE2BIG) {
    std::string large =
        "X=" + std::string(200 << 10, 'x');  // one string: at most 128 K
    char* argv[] = {large.data(), nullptr};
    SpawnRequest request;
    request.path = "/bin/sh";
    request.argv = argv;
    EXPECT_EQ(failing(request).error, E2BIG);
}

TEST_F(SpawnTest, FailureBeforeTheExecNamesItsStep) {
    SpawnRequest request;
    request.path = "/bin/true";
    request.cwd = "/no/where";
    SpawnResult result = failing(request);
    EXPECT_EQ(result.step, SpawnStep::directory);
    EXPECT_EQ(describe_failure(result),
              "cannot enter its directory: No such file or directory");

    request.cwd = nullptr;
    request.fds[2] = 987654;
    result = failing(request);
    EXPECT_EQ(result.step, SpawnStep::descriptors);
    EXPECT_EQ(result.detail, 2);
    EXPECT_EQ(result.error, EBADF);

    request.fds[2] = -1;
    SpawnLimit limits[] = {{RLIMIT_CPU, {2, 1}}};  // soft above hard
    request.limits = limits;
    result = failing(request);
    EXPECT_EQ(result.step, SpawnStep::limits);
    EXPECT_EQ(result.detail, RLIMIT_CPU);
    EXPECT_EQ(result.error, EINVAL);
}

TEST_F(SpawnTest, FullDescriptorTableGivesAProcessWithoutPidfd) {
    Pipe out;
    struct rlimit before;
    ::getrlimit(RLIMIT_NOFILE, &before);
    struct rlimit none = {static_cast<rlim_t>(out.ends[1]) + 1, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    SpawnRequest request;
    const char* argv[] = {"sh", "-c", "echo lives", nullptr};
    char* envp[] = {nullptr};
    request.path = "/bin/sh";
    request.argv = const_cast<char* const*>(argv);
    request.envp = envp;
    request.fds[0] = request.fds[2] = request.fds[1] = out.ends[1];
    SpawnResult result = spawn(request);
    ::setrlimit(RLIMIT_NOFILE, &before);
    ASSERT_GT(result.pid, 0) << describe_failure(result);
    EXPECT_EQ(result.pidfd, -1);
    EXPECT_EQ(out.read_all(), "lives\n");
    EXPECT_EQ(exit_status(result), 0);
}

std::atomic<int> handled;

// A handler that ran in the child would run on this process's memory.
TEST_F(SpawnTest, HoldsUnderSignalsFromManyThreads) {
    struct sigaction handle = {}, before;
    handle.sa_handler = [](int) { handled = handled + 1; };
    handle.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR1, &handle, &before);
    std::atomic<int> started{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&started] {
                const char* argv[] = {"true", nullptr};
                char* envp[] = {nullptr};
                SpawnRequest request;
                request.path = "/bin/true";
                request.argv = const_cast<char* const*>(argv);
                request.envp = envp;
                for (int i = 0; i < 100; ++i) {
                    SpawnResult result = spawn(request);
                    if (result.pid > 0 && exit_status(result) == 0) ++started;
                }
            });
        for (int i = 0; i < 2000; ++i) {
            for (std::jthread& thread : threads)
                ::pthread_kill(thread.native_handle(), SIGUSR1);
            std::this_thread::yield();
        }
    }
    ::sigaction(SIGUSR1, &before, nullptr);
    EXPECT_EQ(started, 400);
    EXPECT_GT(handled, 0);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

}  // namespace
}  // namespace cppcgi::host
