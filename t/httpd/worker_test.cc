// A handler outside the server by configuration only: conf/worker-proxy.conf and
// conf/worker-fcgid.conf as they are, with cppcgi-worker serving the library that httpd
// loads, as a user of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "t/httpd/server.h"
#include "t/httpd/suexec_place.h"
#include "t/httpd/variables.h"
#include "t/httpd/worker_process.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

bool has_module(const std::string& name) {
    return fs::exists(fs::path(CPPCGI_HTTPD_MODULES) / ("mod_" + name + ".so"));
}

bool has_program(const std::string& name) {
    return run({"/bin/sh", "-c", "command -v " + name}).status == 0;
}

class Worker : public HttpdTest {
protected:
    void SetUp() override {
        if (const std::string reason = WorkerProcess::missing(); !reason.empty())
            GTEST_SKIP() << reason;
        // Where its user can read it.
        server.install("bin/cppcgi-worker", "bin/cppcgi-worker");
        server.install("lib/libcppcgi.so.1", "lib/libcppcgi.so.1");
        server.install("t/handlers/probe.so", "handlers/risky.so");
        fs::create_directory(server.root() / "workers");
        fs::permissions(server.root() / "workers", fs::perms::all);
    }
    void TearDown() override {
        for (const pid_t worker : workers_) {
            kill(worker, SIGTERM);
            if (!poll_until([&] { return waitpid(worker, nullptr, WNOHANG) != 0; }))
                kill(-worker, SIGKILL);
        }
        HttpdTest::TearDown();
    }

    std::string config(const std::string& name) const {
        return "Include \"" + (source_dir() / "conf" / name).native() + "\"\n";
    }
    std::vector<std::string> command(const std::vector<std::string>& options) const {
        std::vector<std::string> words = {server.root() / "bin/cppcgi-worker"};
        words.insert(words.end(), options.begin(), options.end());
        words.push_back(server.root() / "handlers/risky.so");
        return words;
    }
    fs::path socket(int number) const {
        return server.root() / "workers" /
               ("risky-" + std::to_string(number) + ".sock");
    }
    // As the configuration's comment says, but for the foreground.
    void start_pool(int number, const std::vector<std::string>& options) {
        std::vector<std::string> words;
        if (geteuid() == 0) {
            words = {"spawn-fcgi", "-n",   "-u", "nobody",       "-U", Server::user(),
                     "-M",         "0600", "-s", socket(number), "--"};
            for (const std::string& word : command(options)) words.push_back(word);
        } else {
            words = command(options);
            words.insert(words.end() - 1,
                         {"--listen", "unix:" + socket(number).native()});
        }
        workers_.push_back(start(words, {}, server.root() / "workers/log"));
        ASSERT_TRUE(poll_until([&] { return fs::exists(socket(number)); }))
            << read_file(server.root() / "workers/log");
    }
    void serve_by_proxy() {
        for (const char* module :
             {"proxy", "proxy_fcgi", "proxy_balancer", "slotmem_shm",
              "lbmethod_byrequests", "setenvif", "env"})
            server.load(module);
        server.start("Define WORKERS ${ROOT}/workers\n" + config("worker-proxy.conf"));
    }
    void serve_by_fcgid(const std::string& worker, const std::string& more = {}) {
        for (const char* module : {"fcgid", "alias", "env"}) server.load(module);
        fs::create_directory(server.root() / "fcgid");
        fs::permissions(server.root() / "fcgid", fs::perms::all);
        server.start(
            "FcgidIPCDir ${ROOT}/fcgid\nFcgidProcessTableFile ${ROOT}/fcgid/table\n"
            "Define WORKER " +
            worker + "\nDefine LIBRARY ${ROOT}/handlers/risky.so\n" + more +
            config("worker-fcgid.conf"));
        server.log().allow("mod_fcgid: (server|process)");
    }
    std::vector<pid_t> children_of(pid_t parent) const {
        std::vector<pid_t> result;
        const std::string name = std::to_string(parent);
        for (const auto& task : fs::directory_iterator("/proc/" + name + "/task")) {
            std::istringstream pids(read_file(task.path() / "children"));
            for (pid_t pid; pids >> pid;) result.push_back(pid);
        }
        return result;
    }

    std::vector<pid_t> workers_;
};

void expect_moved(const Variables& found) {
    EXPECT_EQ(found["handler"], "probe");
    EXPECT_EQ(found["SCRIPT_NAME"], "/risky");
    EXPECT_EQ(found["PATH_INFO"], "/a/b c");
    EXPECT_EQ(found["QUERY_STRING"], "x=1");
    EXPECT_EQ(found["CPPCGI_PARAM_motto"], "more light");
    EXPECT_EQ(found["GATEWAY_INTERFACE"], "CGI/1.1");
    EXPECT_EQ(found["REQUEST_METHOD"], "GET");
    EXPECT_EQ(found["HTTP_X_OWN"], "yes");
}

TEST_P(Worker, ServesBehindTheBalancerAsAUserOfItsOwn) {
    if (geteuid() == 0 && !has_program("spawn-fcgi"))
        GTEST_SKIP() << "needs spawn-fcgi";
    start_pool(1, {"--processes", "2", "--handler", "probe"});
    start_pool(2, {"--threads", "3", "--handler", "probe"});
    serve_by_proxy();
    for (int i = 0; i < 4; ++i)
        expect_moved(Variables(client().get("/risky/a/b%20c?x=1", {"X-Own: yes"})));
    if (geteuid() != 0) return;
    for (const pid_t worker : workers_) {
        struct stat process {};
        ASSERT_EQ(stat(("/proc/" + std::to_string(worker)).c_str(), &process), 0);
        EXPECT_NE(process.st_uid, 0u);
    }
}

TEST_P(Worker, ServesUnderFcgid) {
    if (!has_module("fcgid")) GTEST_SKIP() << "needs mod_fcgid";
    server.write("bin/worker",
                 "#!/bin/sh\nexec ${0%worker}cppcgi-worker --handler probe \"$1\"\n",
                 0755);
    serve_by_fcgid(server.root() / "bin/worker");
    for (int i = 0; i < 3; ++i)
        expect_moved(Variables(client().get("/risky/a/b%20c?x=1", {"X-Own: yes"})));
}

// suexec changes to the user, so that neither the server's files nor those of other
// handlers are within reach.
TEST_P(Worker, ServesUnderFcgidAsAUserOfItsOwn) {
    if (!has_module("fcgid")) GTEST_SKIP() << "needs mod_fcgid";
    SuexecPlace place;
    if (const std::string reason = place.make(); !reason.empty())
        GTEST_SKIP() << reason;
    const fs::path program = server.root() / "bin/cppcgi-worker";
    place.put("worker",
              "#!/bin/sh\nexec " + program.native() + " --handler probe \"$1\"\n",
              0755);
    server.load("suexec");
    serve_by_fcgid(place.path() + "/worker", SuexecPlace::configuration);
    server.log().allow("AH01232: suEXEC mechanism enabled");
    expect_moved(Variables(client().get("/risky/a/b%20c?x=1", {"X-Own: yes"})));
    std::vector<uid_t> users;
    std::error_code gone;
    for (const auto& process : fs::directory_iterator("/proc")) {
        struct stat owner {};
        if (fs::read_symlink(process.path() / "exe", gone) == program &&
            stat(process.path().c_str(), &owner) == 0)
            users.push_back(owner.st_uid);
    }
    EXPECT_THAT(users, ::testing::ElementsAre(SuexecPlace::user));
}

TEST_P(Worker, LosesNothingButWhatRanInAKilledProcess) {
    if (geteuid() == 0 && !has_program("spawn-fcgi"))
        GTEST_SKIP() << "needs spawn-fcgi";
    start_pool(1, {"--processes", "3", "--handler", "probe"});
    start_pool(2, {"--processes", "3", "--handler", "probe"});
    serve_by_proxy();
    server.log().allow("AH0");
    std::atomic<bool> is_over{false};
    std::atomic<int> answered{0}, lost{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i)
        clients.emplace_back([&] {
            Client own = client();
            while (!is_over) ++(own.get("/risky/x").status == 200 ? answered : lost);
        });
    int killed = 0;
    for (int round = 0; round < 6; ++round) {
        const int before = answered;
        ASSERT_TRUE(poll_until([&] { return children_of(workers_[0]).size() == 3; }));
        killed += kill(children_of(workers_[0]).at(0), SIGKILL) == 0 ? 1 : 0;
        EXPECT_TRUE(poll_until([&] { return answered > before + 50; }));
    }
    is_over = true;
    for (std::thread& one : clients) one.join();
    EXPECT_EQ(killed, 6);
    // At most the one request that ran in each.
    EXPECT_LE(lost, killed);
    EXPECT_GT(answered, 300);
}

TEST_P(Worker, FinishesWhatRunsWhenItIsStopped) {
    if (geteuid() == 0 && !has_program("spawn-fcgi"))
        GTEST_SKIP() << "needs spawn-fcgi";
    start_pool(1, {"--handler", "probe"});
    start_pool(2, {"--handler", "probe"});
    serve_by_proxy();
    server.log().allow("AH0");
    std::atomic<bool> is_over{false};
    std::atomic<int> lost{0};
    std::thread one([&] {
        Client own = client();
        while (!is_over) lost += own.get("/risky/x").status == 200 ? 0 : 1;
    });
    for (int round = 0; round < 3; ++round) {
        kill(workers_[0], SIGTERM);
        EXPECT_TRUE(poll_until(
            [&] { return waitpid(workers_[0], nullptr, WNOHANG) == workers_[0]; }));
        std::error_code ignored;
        fs::remove(socket(1), ignored);
        workers_.erase(workers_.begin());
        start_pool(1, {"--handler", "probe"});
        std::rotate(workers_.begin(), workers_.end() - 1, workers_.end());
    }
    is_over = true;
    one.join();
    EXPECT_EQ(lost, 0);
}

CPPCGI_ON_EVERY_MPM(Worker);

TEST(WorkerProgram, SaysWhatItCannotServe) {
    const fs::path program = build_dir() / "bin/cppcgi-worker";
    if (!fs::exists(program)) GTEST_SKIP() << "cppcgi-worker is not built";
    const std::string probe = build_dir() / "t/handlers/probe.so";
    const auto words = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), program);
        const Exit exit = run(arguments);
        EXPECT_EQ(exit.status, 2);
        return exit.output;
    };
    EXPECT_THAT(words({}), HasSubstr("name the handler libraries to serve"));
    EXPECT_THAT(words({"/none.so"}), StartsWith("cppcgi-worker: CPPCGI0100: /none.so"));
    EXPECT_THAT(words({probe}), HasSubstr("name one with --listen"));
    EXPECT_THAT(words({probe, "--handler", "x"}),
                HasSubstr("there is no handler x, only probe:"));
    EXPECT_THAT(words({probe, "--lisen", "x"}), HasSubstr("takes --listen"));
}

}  // namespace
}  // namespace cppcgi_test
