// CppCGISlow: a call that takes longer has one line in the error log, with handler, request
// and where its thread stands; the call itself is not disturbed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/server.h"
#include "t/process.h"

#include <signal.h>

#include <regex>
#include <string>
#include <thread>
#include <vector>

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Slow : public HttpdTest {
protected:
    void start(const std::string& slow,
               const std::string& library = "${TEST_HANDLERS}/slow.so") {
        server.start(
            "CppCGILibrary " + library + "\nCppCGIParam until ${ROOT}/go\n" + slow +
            "<Location /slow>\n"
            " CppCGIHandler slow:waits waits\n CppCGIHandler slow:computes computes\n"
            " CppCGIHandler slow:serial serial\n CppCGIHandler slow:quick quick\n"
            "</Location>\n<Location /slow/off>\n CppCGIHandler slow:waits waits\n"
            " CppCGISlow off\n</Location>\n");
    }
    // Asks, lets `meanwhile` look at the running call, lets the call end.
    template <class Meanwhile>
    void during(const std::string& path, Meanwhile meanwhile) {
        std::filesystem::remove(server.root() / "go");
        std::thread asker([&] {
            const Reply reply = client().get(path);
            EXPECT_EQ(reply.status, 200);
            EXPECT_EQ(reply.body, "done");
        });
        meanwhile();
        server.write("go", "");
        asker.join();
    }
    // Runs the command of the line.
    static std::string places(const std::string& line) {
        std::smatch command;
        if (!std::regex_search(line, command, std::regex("addr2line .*slow.so.*$")))
            return "no command in: " + line;
        return run({"/bin/sh", "-c", command.str()}).output;
    }
};

TEST_P(Slow, CallHasOneLineWithWhereItStands) {
    start("CppCGISlow 100ms\n");
    during("/slow/waits?a=%22b", [this] {
        const std::string line = server.claim(
            "CPPCGI0540: \\[client 127.0.0.1\\] handler slow:waits takes longer than "
            "0.10 "
            "s .* for \"GET /slow/waits\\?a=%22b HTTP/1.1\"; its thread stands at "
            ".*\\+0x");
        EXPECT_THAT(places(line), HasSubstr("slow_wait_here"));
    });
    EXPECT_EQ(server.log().count("CPPCGI0540"), 1u);
    during("/slow/computes", [this] {
        const std::string line = server.claim("CPPCGI0540: .*slow:computes");
        EXPECT_THAT(places(line), HasSubstr("slow_compute_here"));
    });
    EXPECT_EQ(server.log().count("CPPCGI0540"), 2u);
}

TEST_P(Slow, CallsOfManyThreadsHaveALineEach) {
    if (!server.threaded()) GTEST_SKIP() << "one thread a child";
    start("CppCGISlow 50ms\n");
    std::vector<std::thread> askers;
    for (int i = 0; i < 5; ++i)
        askers.emplace_back(
            [this] { EXPECT_EQ(client().get("/slow/waits").body, "done"); });
    // One runs, the other waits for it: slow are both.
    for (int i = 0; i < 2; ++i)
        askers.emplace_back(
            [this] { EXPECT_EQ(client().get("/slow/serial").body, "done"); });
    EXPECT_TRUE(poll_until([this] { return server.log().count("CPPCGI0540") == 7; }));
    server.write("go", "");
    for (std::thread& asker : askers) asker.join();
    EXPECT_EQ(server.log().count("CPPCGI0540.*stands at .*\\+0x"), 7u);
    server.claim("CPPCGI0540");
}

TEST_P(Slow, WedgedCallHoldsUpNeitherSwapsNorRestarts) {
    server.install("t/handlers/slow.so", "slow.so");
    start("CppCGIReload auto\nCppCGISlow 100ms\n", "${ROOT}/slow.so");
    during("/slow/computes", [this] {
        server.claim("CPPCGI0540: .*slow:computes");
        server.install("t/handlers/slow.so", "slow.next");
        std::filesystem::rename(server.root() / "slow.next", server.root() / "slow.so");
        EXPECT_TRUE(poll_until([this] {
            EXPECT_EQ(client().get("/slow/quick").body, "quick");
            return server.log().count("CPPCGI0531") > 0;
        }));
        EXPECT_TRUE(server.graceful());
        EXPECT_EQ(client().get("/slow/quick").body, "quick");
    });
}

TEST_P(Slow, CostsNothingWhereItIsNotWritten) {
    start("");
    const auto takes_the_signal = [this] {
        bool takes = false;
        for (const pid_t child : server.children()) {
            const std::string status =
                read_file("/proc/" + std::to_string(child) + "/status");
            std::smatch caught;
            if (std::regex_search(status, caught, std::regex("SigCgt:\\s*(\\w+)")))
                takes = takes ||
                        (std::stoull(caught[1], nullptr, 16) >> (SIGRTMIN + 8) & 1);
        }
        return takes;
    };
    EXPECT_EQ(client().get("/slow/quick").body, "quick");
    EXPECT_FALSE(takes_the_signal());
}

TEST_P(Slow, CanBeSwitchedOffForAPlace) {
    start("CppCGISlow 30ms\n");
    std::thread asker(
        [this] { EXPECT_EQ(client().get("/slow/off/waits").body, "done"); });
    during("/slow/waits", [this] { server.claim("CPPCGI0540: .*GET /slow/waits"); });
    asker.join();
    EXPECT_EQ(server.log().count("CPPCGI0540"), 1u);
}

CPPCGI_ON_EVERY_MPM(Slow);

}  // namespace
}  // namespace cppcgi_test
