// cppcgi-worker on a UNIX socket that the server's children may use, for as long as the
// object lives.
#ifndef CPPCGI_T_HTTPD_WORKER_PROCESS_H
#define CPPCGI_T_HTTPD_WORKER_PROCESS_H

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <string>
#include <vector>

#include "t/httpd/server.h"

namespace cppcgi_test {

class WorkerProcess {
public:
    // Why there can be none; empty when there can.
    static std::string missing() {
        if (!sanitizer().empty()) return "the worker has a sanitizer of its own";
        if (!std::filesystem::exists(build_dir() / "bin/cppcgi-worker"))
            return "cppcgi-worker is not built";
        return {};
    }

    WorkerProcess() = default;
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;
    ~WorkerProcess() {
        if (pid_ <= 0) return;
        kill(pid_, SIGTERM);
        if (!poll_until([&] { return waitpid(pid_, nullptr, WNOHANG) == pid_; }))
            kill(-pid_, SIGKILL);
    }

    // `words` are options and libraries. Nothing of our environment reaches its handlers.
    void start(const Server& server, const std::vector<std::string>& words) {
        const std::filesystem::path socket = server.root() / "worker.sock";
        const std::filesystem::path log = server.root() / "worker.log";
        address_ = "unix:" + socket.native() + "|fcgi://worker/";
        std::vector<std::string> all = {"env", "-i", build_dir() / "bin/cppcgi-worker",
                                        "--listen", "unix:" + socket.native()};
        all.insert(all.end(), words.begin(), words.end());
        pid_ = cppcgi_test::start(all, {}, log);
        ASSERT_TRUE(poll_until([&] { return std::filesystem::exists(socket); }))
            << read_file(log);
        std::filesystem::permissions(socket, std::filesystem::perms(0666));
    }

    // For mod_proxy: "proxy:" + address() is a handler of httpd.
    const std::string& address() const { return address_; }

private:
    pid_t pid_ = -1;
    std::string address_;
};

}  // namespace cppcgi_test

#endif
