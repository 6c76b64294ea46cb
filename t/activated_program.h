// A program that gets a listening socket of 127.0.0.1 from who starts it, as systemd does
// it: descriptor 3, with LISTEN_FDS and LISTEN_PID. Ended and waited for with the object.
#ifndef CPPCGI_T_ACTIVATED_PROGRAM_H
#define CPPCGI_T_ACTIVATED_PROGRAM_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "t/process.h"

namespace cppcgi_test {

class ActivatedProgram {
public:
    // With `is_meant` false LISTEN_PID names another process. Environment entries are
    // added to ours; both outputs go to `output`.
    ActivatedProgram(const std::vector<std::string>& words,
                     const std::filesystem::path& output,
                     const std::vector<std::string>& environment = {},
                     bool is_meant = true) {
        const int listener = listen_somewhere();
        const std::string nobody = std::to_string(::getpid());
        pid_ = ::fork();
        if (pid_ != 0) {
            ::close(listener);
            return;
        }
        const int log = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
        ::dup2(::open("/dev/null", O_RDONLY), 0);
        ::dup2(log, 1);
        ::dup2(log, 2);
        ::dup2(listener, 3);
        ::fcntl(3, F_SETFD, 0);
        for (int descriptor = 4; descriptor < 100; ++descriptor) ::close(descriptor);
        const std::string own = std::to_string(::getpid());
        ::setenv("LISTEN_PID", (is_meant ? own : nobody).c_str(), 1);
        ::setenv("LISTEN_FDS", "1", 1);
        for (const std::string& entry : environment)
            ::putenv(const_cast<char*>(entry.c_str()));
        std::vector<char*> argv;
        for (const std::string& word : words)
            argv.push_back(const_cast<char*>(word.c_str()));
        argv.push_back(nullptr);
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    ~ActivatedProgram() { end(SIGKILL); }
    ActivatedProgram(const ActivatedProgram&) = delete;
    ActivatedProgram& operator=(const ActivatedProgram&) = delete;

    std::uint16_t port() const { return port_; }
    pid_t pid() const { return pid_; }

    // The exit status, as $? has it, after it has been told to end; -1 when it does not.
    int end(int number = SIGTERM) {
        if (pid_ <= 0) return status_;
        ::kill(pid_, number);
        return wait();
    }
    int wait() {
        int status = 0;
        if (pid_ <= 0) return status_;
        if (!poll_until([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }))
            return -1;
        pid_ = -1;
        return status_ =
                   WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    int listen_somewhere() {
        const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(listener, reinterpret_cast<const sockaddr*>(&address), size);
        ::listen(listener, 16);
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        return listener;
    }

    pid_t pid_ = -1;
    std::uint16_t port_ = 0;
    int status_ = -1;
};

}  // namespace cppcgi_test

#endif
