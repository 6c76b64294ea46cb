#include "t/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

namespace cppcgi_test {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<std::string> merged_environment(const std::vector<std::string>& added) {
    std::vector<std::string> all = added;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view ours = *entry;
        const std::string_view name = ours.substr(0, ours.find('=') + 1);
        // What shards this program must not shard the tests of a program that it starts.
        bool replaced = name.starts_with("GTEST_");
        for (const std::string& one : added) replaced |= one.starts_with(name);
        if (!replaced) all.emplace_back(ours);
    }
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> result;
    for (std::string& one : strings) result.push_back(one.data());
    result.push_back(nullptr);
    return result;
}

// `output` becomes the child's stdout and stderr.
pid_t spawn(std::vector<std::string> arguments, std::vector<std::string> environment,
            int output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, output, 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // A test that runs in the background of a shell has SIGINT ignored, and no shell below
    // it could take it back.
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGQUIT);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    pid_t pid = -1;
    const int error =
        posix_spawnp(&pid, arguments.front().c_str(), &actions, &attributes,
                     pointers(arguments).data(), pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        throw std::system_error(error, std::generic_category(), arguments.front());
    return pid;
}

int shell_status(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Reads to the end of `fd`; false when the time is up first.
bool collect(int fd, std::string& output, Clock::time_point end) {
    char buffer[65536];
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        pollfd ready = {fd, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) == 0)
            return false;
        const ssize_t got = ::read(fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return true;
        output.append(buffer, static_cast<std::size_t>(got));
    }
}

}  // namespace

Exit run(const std::vector<std::string>& arguments,
         const std::vector<std::string>& environment, std::chrono::milliseconds bound) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe2");
    const pid_t pid = spawn(arguments, merged_environment(environment), ends[1]);
    close(ends[1]);
    Exit result;
    const bool ended = collect(ends[0], result.output, Clock::now() + bound);
    close(ends[0]);
    if (!ended) kill(-pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    result.status = ended ? shell_status(status) : 124;
    return result;
}

pid_t start(const std::vector<std::string>& arguments,
            const std::vector<std::string>& environment,
            const std::filesystem::path& output) {
    const int fd =
        open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), output);
    const pid_t pid = spawn(arguments, merged_environment(environment), fd);
    close(fd);
    return pid;
}

bool poll_until(const std::function<bool()>& ready, std::chrono::milliseconds bound) {
    const auto end = Clock::now() + bound;
    while (!ready()) {
        if (Clock::now() >= end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

std::string read_file(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

std::uint64_t memory_of(pid_t process, const std::string& line) {
    std::istringstream status(
        read_file("/proc/" + std::to_string(process) + "/status"));
    std::uint64_t kilobytes = 0;
    for (std::string word; status >> word;)
        if (word == line && status >> kilobytes) return 1024 * kilobytes;
    return 0;
}

std::filesystem::path build_dir() {
    if (const char* chosen = std::getenv("CPPCGI_TEST_BUILD")) return chosen;
    // The program is BUILD/t/NAME.
    return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path();
}

std::filesystem::path source_dir() {
    std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe");
    while (folder.has_relative_path() && !exists(folder / "configure.ac"))
        folder = folder.parent_path();
    return folder;
}

}  // namespace cppcgi_test
