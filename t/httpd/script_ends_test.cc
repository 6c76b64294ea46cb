// How a script ends, and what the client, the log and the machine see of it: nothing looks
// complete that is not, and nothing is left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/raw_socket.h"
#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class ScriptEnds : public ScriptTest {
protected:
    // The reply to a GET, and whether it came while the script still ran.
    std::string get_raw(const std::string& path, const std::string& version = "1.1") {
        RawSocket raw(server.port());
        raw.send("GET " + path + " HTTP/" + version +
                 "\r\nHost: x\r\nConnection: close\r\n\r\n");
        const std::string reply = raw.read_all();
        ended_ = raw.ended();
        age_ = raw.age();
        return reply;
    }
    RawSocket::End ended_ = RawSocket::End::open;
    milliseconds age_{};
};

TEST_P(ScriptEnds, BySignalBeforeItsHeadIs500AndNamed) {
    script("a.cgi", "kill -KILL $$");
    script("b.cgi", "kill -SEGV $$");
    start();
    EXPECT_EQ(client().get("/a.cgi").status, 500);
    server.claim(R"(CPPCGI0428: .*/a\.cgi ended with signal 9 \(Killed\))");
    EXPECT_EQ(client().get("/b.cgi").status, 500);
    server.claim(R"(CPPCGI0409: .*/b\.cgi ended with signal 11 \(Segmentation fault)");
}

TEST_P(ScriptEnds, BySignalWithinItsBodyLooksIncomplete) {
    script("a.cgi", "echo; echo half; sleep 0.2; kill -KILL $$");
    start();
    const Reply reply = client().get("/a.cgi");
    EXPECT_NE(reply.code, CURLE_OK);
    EXPECT_EQ(reply.body, "half\n");
    server.claim(R"(CPPCGI0430: .*/a\.cgi .*signal 9 \(Killed\))");
    const std::string chunked = get_raw("/a.cgi");
    EXPECT_THAT(chunked, HasSubstr("5\r\nhalf\n\r\n"));
    EXPECT_THAT(chunked, Not(EndsWith("0\r\n\r\n")));
    get_raw("/a.cgi", "1.0");
    EXPECT_EQ(ended_, RawSocket::End::reset);
}

TEST_P(ScriptEnds, BySignalBeforeItsBodyLeftIs500) {
    script("a.cgi", "echo; echo half; kill -KILL $$");
    start();
    const Reply reply = client().get("/a.cgi");
    EXPECT_EQ(reply.status, 500);
    EXPECT_THAT(reply.body, Not(HasSubstr("half")));
    server.claim("CPPCGI0430");
}

TEST_P(ScriptEnds, WithAnExitCodeAfterItsBodyIsComplete) {
    script("a.cgi", "echo; echo all; exit 1");
    start();
    const Reply reply = client().get("/a.cgi");
    EXPECT_EQ(reply.code, CURLE_OK);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "all\n");
}

TEST_P(ScriptEnds, BackgroundChildThatKeepsStderrDoesNotDelayTheResponse) {
    script("a.cgi", "echo; echo done; (sleep 1; echo late >&2; sleep 3) <&- >&- &");
    start();
    EXPECT_THAT(get_raw("/a.cgi"), HasSubstr("done\n"));
    EXPECT_LT(age_, milliseconds(900));
    server.claim(R"(CPPCGI0450: \[client 127.0.0.1\] stderr from .*/a.cgi: late)");
}

TEST_P(ScriptEnds, ClosedStdoutEndsTheResponseAndTheScriptFinishesItsWork) {
    script("a.cgi", "echo; echo done; exec >&- 2>&-; sleep 1; echo worked >$W/work");
    start();
    EXPECT_THAT(get_raw("/a.cgi"), EndsWith("done\n"));
    EXPECT_LT(age_, milliseconds(900));
    EXPECT_EQ(wait_for("work"), "worked");
}

TEST_P(ScriptEnds, ClosedStdoutKeepsStderrInTheLog) {
    script("a.cgi", "echo; echo done; exec >&-; sleep 0.3; echo later >&2");
    start();
    EXPECT_EQ(client().get("/a.cgi").body, "done\n");
    server.claim(R"(CPPCGI0450: \[client 127.0.0.1\] stderr from .*/a.cgi: later)");
}

TEST_P(ScriptEnds, WorkAfterTheResponseIsBounded) {
    script("a.cgi", "echo $$ >$W/pid; echo; exec >&-; sleep 60 & wait");
    start("CppCGITimeout 500ms\n");
    EXPECT_EQ(client().get("/a.cgi").status, 200);
    EXPECT_TRUE(ends("pid"));
    server.claim("CPPCGI0423: .*/a.cgi");
}

TEST_P(ScriptEnds, TimeoutBeforeTheHeadIs504AndEndsTheProcessGroup) {
    script("a.cgi", "sh -c 'echo $$ >'$W'/child; sleep 60; :' & echo $$ >$W/pid; wait");
    start("CppCGITimeout 500ms\n");
    EXPECT_EQ(client().get("/a.cgi").status, 504);
    server.claim("CPPCGI0403: .*/a.cgi was silent");
    EXPECT_TRUE(ends("pid"));
    EXPECT_TRUE(ends("child"));
}

TEST_P(ScriptEnds, TimeoutEndsAlsoWhoIgnoresTerm) {
    script("a.cgi", "trap '' TERM; echo $$ >$W/pid; while :; do sleep 1; done");
    start("CppCGITimeout 300ms\n");
    EXPECT_EQ(client().get("/a.cgi").status, 504);
    server.claim("CPPCGI0403: .*/a.cgi was silent");
    EXPECT_TRUE(ends("pid"));
}

TEST_P(ScriptEnds, TimeoutWithinTheBodyLooksIncomplete) {
    script("a.cgi", "echo; echo half; sleep 60");
    start("CGIDScriptTimeout 500ms\n");
    const Reply reply = client().get("/a.cgi");
    EXPECT_NE(reply.code, CURLE_OK);
    EXPECT_EQ(reply.body, "half\n");
    server.claim("CPPCGI0404: .*/a.cgi was silent");
}

TEST_P(ScriptEnds, OutputKeepsTheTimeoutAway) {
    script("a.cgi", "echo; for i in 1 2 3 4 5; do sleep 0.2; echo $i; done");
    start("CGIScriptTimeout 600ms\n");
    EXPECT_EQ(client().get("/a.cgi").body, "1\n2\n3\n4\n5\n");
}

TEST_P(ScriptEnds, SilentScriptEndsWhenItsClientLeaves) {
    script("a.cgi", "echo $$ >$W/pid; sleep 60; echo; echo late");
    start();
    {
        RawSocket raw(server.port());
        raw.send("GET /a.cgi HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_NE(wait_for("pid"), "");
    }
    EXPECT_TRUE(ends("pid", 4000));
}

TEST_P(ScriptEnds, WritingScriptEndsWhenItsClientLeaves) {
    script("a.cgi", "echo $$ >$W/pid; echo; while echo x; do sleep 0.1; done");
    start();
    {
        RawSocket raw(server.port());
        raw.send("GET /a.cgi HTTP/1.1\r\nHost: x\r\n\r\n");
        raw.read_until("x\n");
        raw.reset();
    }
    EXPECT_TRUE(ends("pid", 4000));
}

TEST_P(ScriptEnds, ClientThatShutsItsSendingSideGetsAQuickAnswer) {
    script("a.cgi", "sleep 0.3; echo; echo answer");
    start();
    RawSocket raw(server.port());
    raw.send("GET /a.cgi HTTP/1.0\r\n\r\n");
    raw.half_close();
    EXPECT_THAT(raw.read_all(), HasSubstr("answer"));
}

TEST_P(ScriptEnds, ClientThatShutsItsSendingSideGetsALateAnswerWithAbortOff) {
    script("a.cgi", "sleep 2; echo; echo answer");
    start("CppCGIAbort off\n");
    RawSocket raw(server.port());
    raw.send("GET /a.cgi HTTP/1.0\r\n\r\n");
    raw.half_close();
    EXPECT_THAT(raw.read_all(), HasSubstr("answer"));
}

TEST_P(ScriptEnds, HardRestartEndsAHangingScript) {
    script("a.cgi", "echo $$ >$W/pid; sleep 60");
    start();
    RawSocket raw(server.port());
    raw.send("GET /a.cgi HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_NE(wait_for("pid"), "");
    EXPECT_TRUE(server.restart());
    EXPECT_TRUE(ends("pid"));
    server.log().allow("CPPCGI0428.*Terminated");
}

TEST_P(ScriptEnds, StopEndsAllScripts) {
    script("a.cgi", "echo $$ >$W/pid; trap '' TERM; while :; do sleep 1; done");
    script("b.cgi", "echo $$ >$W/after; echo; exec >&- 2>&-; sleep 60");
    start();
    EXPECT_EQ(client().get("/b.cgi").status, 200);
    RawSocket raw(server.port());
    raw.send("GET /a.cgi HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_NE(wait_for("pid"), "");
    server.stop();
    EXPECT_TRUE(ends("pid"));
    EXPECT_TRUE(ends("after"));
    server.log().allow("CPPCGI0400|CPPCGI0428|AH00045|AH00046|AH00052");
}

TEST_P(ScriptEnds, StopDuringAGracefulRestartEndsAllScripts) {
    script("b.cgi", "echo $$ >$W/after; echo; exec >&- 2>&-; sleep 60");
    start();
    EXPECT_EQ(client().get("/b.cgi").status, 200);
    ASSERT_NE(wait_for("after"), "");
    EXPECT_TRUE(server.graceful());
    EXPECT_EQ(kill(std::stoi(wait_for("after")), 0), 0);
    server.stop();
    EXPECT_TRUE(ends("after", 3000));
    server.log().allow("AH00045|AH00046|AH00052");
}

TEST_P(ScriptEnds, GracefulRestartLetsAScriptFinish) {
    script("a.cgi", "echo $$ >$W/pid; sleep 1; echo; echo finished");
    script("b.cgi", "echo; exec >&- 2>&-; sleep 1; echo $$ >$W/after");
    start();
    EXPECT_EQ(client().get("/b.cgi").status, 200);
    RawSocket raw(server.port());
    raw.send("GET /a.cgi HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_NE(wait_for("pid"), "");
    EXPECT_TRUE(server.graceful());
    EXPECT_THAT(raw.read_all(), HasSubstr("finished\n"));
    EXPECT_NE(wait_for("after"), "");
}

CPPCGI_ON_EVERY_MPM(ScriptEnds);

}  // namespace
}  // namespace cppcgi_test
