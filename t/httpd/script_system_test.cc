// When the system itself fails a script: a clear status, a numbered message, nothing left,
// and the next request is served. t/handlers/faults.cc makes the calls fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>

#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

class ScriptSystem : public ScriptTest {
protected:
    void SetUp() override {
        if (!sanitizer().empty())
            GTEST_SKIP() << "the sanitizer has these calls itself";
        server.setenv("CPPCGI_FAULTS=" + file().native());
        server.setenv("LD_PRELOAD=" + (build_dir() / "t/handlers/faults.so").native());
        script("a.cgi", "cat >/dev/null; echo; echo served");
        script("bad.cgi", "exit 1");
    }
    std::filesystem::path file() const { return server.root() / "faults"; }
    // The call fails so many times with that errno, from its skip-th on.
    void fail(const std::string& call, int error, int skip = 0, int times = 1) {
        order(call + " " + std::to_string(error) + " " + std::to_string(skip) + " " +
              std::to_string(times) + " " + std::to_string(++number_));
    }
    void order(const std::string& text) {
        std::ofstream(server.root() / "faults.new") << text;
        std::filesystem::rename(server.root() / "faults.new", file());
    }
    Reply get() { return client().get("/a.cgi"); }
    Reply upload() {
        return client().send({.path = "/a.cgi",
                              .method = "POST",
                              .body = std::string(300000, 'x'),
                              .chunked = true});
    }
    void expect_served() {
        order("none");
        EXPECT_EQ(get().body, "served\n");
        EXPECT_EQ(upload().body, "served\n");
    }

private:
    int number_ = 0;
};

TEST_P(ScriptSystem, WithoutPipesIs503) {
    start();
    for (const int skip : {0, 1}) {
        for (const int error : {EMFILE, ENFILE}) {
            fail("pipe2", error, skip);
            EXPECT_EQ(get().status, 503);
            server.claim("CPPCGI0351");
            expect_served();
        }
    }
}

TEST_P(ScriptSystem, WithoutProcessesIs503) {
    start();
    for (const int error : {EAGAIN, ENOMEM}) {
        fail("clone", error, 0, 2);
        EXPECT_EQ(get().status, 503);
        server.claim(
            "CPPCGI0350: .*/a.cgi could not be started: cannot create a process");
        expect_served();
    }
}

TEST_P(ScriptSystem, WithoutADescriptorForTheProcessWorks) {
    start();
    fail("clone", EMFILE, 0, 1);
    EXPECT_EQ(get().body, "served\n");
    expect_served();
}

TEST_P(ScriptSystem, PollThatFailsIs500) {
    start();
    fail("poll", ENOMEM);
    EXPECT_EQ(get().status, 500);
    server.claim("CPPCGI0406");
    expect_served();
}

TEST_P(ScriptSystem, InterruptedCallsAreRepeated) {
    start();
    for (const char* call : {"poll", "read", "waitid", "write"}) {
        fail(call, EINTR, 0, 3);
        EXPECT_EQ(get().body, "served\n") << call;
        EXPECT_EQ(client().post("/a.cgi", "x=y").body, "served\n") << call;
    }
    expect_served();
}

TEST_P(ScriptSystem, ReadThatFailsIs500) {
    start();
    fail("read", EIO, 0, 2);
    EXPECT_EQ(get().status, 500);
    server.claim("CPPCGI0406");
    expect_served();
}

TEST_P(ScriptSystem, WriteThatFailsCostsTheScriptItsInput) {
    start();
    fail("write", EIO);
    EXPECT_EQ(client().post("/a.cgi", "x=y").body, "served\n");
    expect_served();
}

TEST_P(ScriptSystem, ExitThatIsUnknownIsNoFailure) {
    start();
    fail("waitid", ECHILD, 0, 1);
    EXPECT_EQ(get().body, "served\n");
    expect_served();
}

TEST_P(ScriptSystem, SpoolThatCannotBeOpenedIs503) {
    start("CppCGIMaxMemory 1K\n");
    for (const int error : {EMFILE, EACCES}) {
        fail("open", error);
        EXPECT_EQ(upload().status, 503);
        server.claim("CPPCGI0308");
        expect_served();
    }
}

TEST_P(ScriptSystem, SpoolWithoutRoomIs507) {
    start("CppCGIMaxMemory 1K\n");
    fail("write", ENOSPC);
    EXPECT_EQ(upload().status, 507);
    server.claim("CPPCGI0308");
    expect_served();
}

TEST_P(ScriptSystem, ScriptLogThatFailsIsSaid) {
    start("ScriptLog work/script.log\n");
    fail("write", ENOSPC);
    EXPECT_EQ(client().get("/bad.cgi").status, 500);
    server.claim("CPPCGI0400");
    server.claim("CPPCGI0460");
    expect_served();
}

CPPCGI_ON_EVERY_MPM(ScriptSystem);

}  // namespace
}  // namespace cppcgi_test
