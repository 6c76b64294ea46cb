// What a library has beside its handlers runs once in each server child: code before the
// first call and after the last, handlers that are objects, calls that wait for each other.
#include <gtest/gtest.h>

#include "t/httpd/server.h"

#include <string>
#include <thread>
#include <vector>

namespace cppcgi_test {
namespace {

class LibraryLife : public HttpdTest {
protected:
    void SetUp() override {
        server.log().allow("AH00161: server reached MaxRequestWorkers");
    }

    // One child, so that "once in a child" can be counted.
    std::string one_child() const {
        return server.threaded()
                   ? "StartServers 1\nServerLimit 1\nThreadsPerChild 8\n"
                     "ThreadLimit 8\nMaxRequestWorkers 8\n"
                     "MinSpareThreads 1\nMaxSpareThreads 8\n"
                   : "StartServers 1\nServerLimit 1\nMaxRequestWorkers 1\n";
    }
    void start_library() {
        server.start(one_child() +
                     "CppCGILibrary ${TEST_HANDLERS}/life.so\n"
                     "<Location /life>\n"
                     " CppCGIParam mark ${ROOT}/run/mark\n"
                     " CppCGIHandler life:counter counter\n"
                     " CppCGIHandler life:mark mark\n"
                     " CppCGIHandler life:serial serial\n"
                     "</Location>\n");
    }
};

TEST_P(LibraryLife, ObjectIsMadeOnceAfterTheStartAndKeepsItsState) {
    start_library();
    EXPECT_EQ(client().get("/life/counter").body, "made after 1 starts, call 1");
    EXPECT_EQ(client().get("/life/counter").body, "made after 1 starts, call 2");
}

TEST_P(LibraryLife, StopRunsAtTheEndOfAChild) {
    const auto mark = server.write("run/mark", "", 0666);
    start_library();
    const std::string pid = client().get("/life/mark").body;
    EXPECT_TRUE(server.graceful());
    EXPECT_TRUE(poll_until([&] { return read_file(mark) == pid; })) << read_file(mark);
}

TEST_P(LibraryLife, SerialCallsDoNotOverlap) {
    start_library();
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([this] {
            for (int j = 0; j < 5; ++j)
                EXPECT_EQ(client().get("/life/serial").body, "0");
        });
    for (std::thread& thread : threads) thread.join();
}

TEST_P(LibraryLife, FailingStartIs503UntilItSucceeds) {
    server.setenv("LATE_START=" + (server.root() / "late").string());
    server.start(one_child() +
                 "CppCGILibrary ${TEST_HANDLERS}/late_start.so\n"
                 "<Location /late>\n CppCGIHandler late_start\n</Location>\n");
    EXPECT_EQ(client().get("/late").status, 503);
    server.claim(
        "CPPCGI0520: .*late_start.so: CPPCGI_CHILD_START threw std::runtime_error");
    server.claim("CPPCGI0206");
    server.write("late", "");
    EXPECT_TRUE(poll_until([this] { return client().get("/late").body == "started"; }));
}

CPPCGI_ON_EVERY_MPM(LibraryLife);

}  // namespace
}  // namespace cppcgi_test
