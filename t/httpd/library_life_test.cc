// What a library has beside its handlers runs once in each server child: code before the
// first call and after the last, handlers that are objects, calls that wait for each other.
#include <gtest/gtest.h>

#include "t/httpd/server.h"

#include <atomic>
#include <filesystem>
#include <map>
#include <sstream>
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

// Each child and version starts once and ends once, when none of its calls runs.
TEST_P(LibraryLife, EndsOnceForEachStartAndNeverUnderACall) {
    for (const bool reloads : {false, true}) {
        const auto report = server.write("run/life", "", 0666);
        server.setenv("CPPCGI_TEST_REPORT=" + report.native());
        server.install("t/handlers/counted_life.so", "counted_life.so");
        server.start(std::string(reloads ? "CppCGIReload auto\n" : "") +
                     "CppCGILibrary ${ROOT}/counted_life.so\n"
                     "<Location /life>\n CppCGIHandler counted_life\n</Location>\n");
        std::atomic<bool> done{false};
        std::vector<std::thread> askers;
        for (int i = 0; i < 4; ++i)
            askers.emplace_back([&] {
                Client own = client();
                while (!done) EXPECT_EQ(own.get("/life").body, "alive");
            });
        for (int i = 0; i < 4; ++i) {
            EXPECT_TRUE(server.graceful());
            if (!reloads) continue;
            server.install("t/handlers/counted_life.so", "counted_life.next");
            std::filesystem::rename(server.root() / "counted_life.next",
                                    server.root() / "counted_life.so");
            EXPECT_TRUE(poll_until([&] {
                return server.log().count("CPPCGI0531") > static_cast<std::size_t>(i);
            }));
        }
        done = true;
        for (std::thread& asker : askers) asker.join();
        server.stop();
        // "start ID", "stop ID under N calls", where an ID is a version in a process.
        std::map<std::string, int> starts, stops;
        std::istringstream lines(read_file(report));
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string what, id, under;
            words >> what >> id >> under;
            ++(what == "start" ? starts : stops)[id];
            if (what == "stop") {
                EXPECT_EQ(under, "0") << line;
            }
        }
        // One that is replaced before its child began has none.
        EXPECT_GE(starts.size(), 2u);
        for (const auto& [id, count] : starts) {
            EXPECT_EQ(count, 1) << id;
            EXPECT_EQ(stops[id], 1) << id;
        }
        EXPECT_EQ(starts.size(), stops.size());
    }
}

TEST_P(LibraryLife, FailingStartIs503UntilItSucceeds) {
    server.setenv("LATE_START=" + (server.root() / "late").string());
    server.start(one_child() +
                 "CppCGILibrary ${TEST_HANDLERS}/late_start.so\n"
                 "CppCGILibrary ${TEST_HANDLERS}/twins.so\n"
                 "<Location /late>\n CppCGIHandler late_start\n</Location>\n"
                 "<Location /twins>\n CppCGIHandler twins\n</Location>\n");
    EXPECT_EQ(client().get("/late").status, 503);
    server.claim(
        "CPPCGI0520: .*late_start.so: CPPCGI_CHILD_START threw std::runtime_error");
    server.claim("CPPCGI0206");
    EXPECT_EQ(client().get("/twins").body, "twins") << "other libraries serve on";
    // The pauses grow.
    for (const char* pause : {"1 s now", "2 s now"})
        EXPECT_TRUE(poll_until([&] {
            EXPECT_EQ(client().get("/late").status, 503);
            return server.log().count(pause) == 1;
        }));
    const auto child = server.children();
    server.write("late", "");
    EXPECT_TRUE(poll_until([this] { return client().get("/late").body == "started"; }));
    EXPECT_EQ(server.children(), child) << "no child had to end for it";
}

CPPCGI_ON_EVERY_MPM(LibraryLife);

}  // namespace
}  // namespace cppcgi_test
