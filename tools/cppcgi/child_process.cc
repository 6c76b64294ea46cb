#include "tools/cppcgi/child_process.h"

#include "host/spawn.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace cppcgi::tools {

namespace {

std::string path_of(const std::string& program) {
    if (program.find('/') != program.npos) return program;
    const char* path = std::getenv("PATH");
    std::istringstream folders(path ? path : "/usr/local/bin:/usr/bin:/bin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        const std::string file = (folder.empty() ? "." : folder) + "/" + program;
        if (::access(file.c_str(), X_OK) == 0) return file;
    }
    throw std::runtime_error(program + " is not in PATH: install it");
}

}  // namespace

Words words_of_variable(const char* name, const std::string& otherwise) {
    const char* value = std::getenv(name);
    std::istringstream text(value && *value ? value : otherwise);
    Words words;
    for (std::string word; text >> word;) words.push_back(word);
    return words;
}

pid_t start_program(const Words& words, const ChildOptions& options) {
    const std::string path = path_of(words.at(0));
    std::vector<char*> argv;
    for (const std::string& word : words)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    host::SpawnRequest request;
    request.path = path.c_str();
    request.argv = argv.data();
    request.envp = environ;
    request.fds[1] = options.output;
    request.fds[2] = options.error;
    request.own_group = options.own_group;
    const host::SpawnResult started = host::spawn(request);
    if (started.pidfd >= 0) ::close(started.pidfd);
    if (started.pid < 0)
        throw std::runtime_error(
            path + " cannot be started: " + host::describe_failure(started));
    return started.pid;
}

int exit_code(int wait_status) noexcept {
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                                  : 128 + WTERMSIG(wait_status);
}

int wait_for_program(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return 127;
    return exit_code(status);
}

int run_program(const Words& words, const ChildOptions& options) {
    return wait_for_program(start_program(words, options));
}

}  // namespace cppcgi::tools
