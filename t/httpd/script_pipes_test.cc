// Body, output and stderr move at the same time: whatever the order in which a script
// reads and writes, nothing waits for anything else, and the connection stays in step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/raw_socket.h"
#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class ScriptPipes : public ScriptTest {
protected:
    Reply post(const std::string& path, std::size_t size) {
        return client().send({.path = path,
                              .method = "POST",
                              .body = std::string(size, 'x'),
                              .timeout_ms = 15000});
    }
};

TEST_P(ScriptPipes, StdinMayBeClosedAtOnce) {
    script("a.cgi", "exec <&-; echo; echo done");
    start();
    Client one = client();
    EXPECT_EQ(one.post("/a.cgi", std::string(1000000, 'x')).body, "done\n");
    EXPECT_EQ(one.get("/a.cgi").body, "done\n");
}

TEST_P(ScriptPipes, StdinMayBeClosedBeforeALongAnswer) {
    script("a.cgi", "exec <&-; echo; head -c 3000000 /dev/zero");
    start();
    EXPECT_EQ(post("/a.cgi", 1000000).body.size(), 3000000u);
}

TEST_P(ScriptPipes, EchoOfALargeBody) {
    script("a.cgi", "echo; cat");
    start();
    for (const std::size_t size : {2000000u, 20000000u}) {
        const Reply reply = post("/a.cgi", size);
        EXPECT_EQ(reply.body.size(), size) << reply.error;
        EXPECT_EQ(reply.body.find_first_not_of('x'), std::string::npos);
    }
}

TEST_P(ScriptPipes, EchoToAClientThatSendsAllBeforeItListens) {
    script("a.cgi", "echo; cat");
    start();
    constexpr std::size_t size = 12000000;
    RawSocket raw(server.port());
    ASSERT_TRUE(raw.send("POST /a.cgi HTTP/1.0\r\nContent-Length: " +
                         std::to_string(size) + "\r\n\r\n"));
    ASSERT_TRUE(raw.send(std::string(size, 'x')));
    const std::string reply = raw.read_all();
    EXPECT_EQ(reply.size() - reply.find("\r\n\r\n") - 4, size);
}

TEST_P(ScriptPipes, OutputBeforeInputIsRead) {
    script("a.cgi", "echo; head -c 1000000 /dev/zero; cat >/dev/null; echo end");
    start();
    const Reply reply = post("/a.cgi", 1000000);
    EXPECT_EQ(reply.body.size(), 1000004u);
    EXPECT_THAT(reply.body, EndsWith("end\n"));
}

TEST_P(ScriptPipes, StderrBeforeInputIsRead) {
    script("a.cgi",
           "yes 0123456789 | head -c 300000 >&2; cat >/dev/null; echo; echo end");
    start();
    EXPECT_EQ(post("/a.cgi", 300000).body, "end\n");
    server.claim("CPPCGI0450: stderr from .*/a.cgi: 0123456");
}

TEST_P(ScriptPipes, AnswerWithoutReadingIsHeardDuringTheUpload) {
    script("a.cgi", "echo 'Status: 413 Too much'; echo; echo no");
    start();
    RawSocket raw(server.port());
    raw.send("POST /a.cgi HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nfirst");
    EXPECT_THAT(raw.read_until("no\n"), HasSubstr("413 Too much"));
}

TEST_P(ScriptPipes, OutputDuringTheUploadArrives) {
    script("a.cgi",
           "echo; dd bs=1 count=5 2>/dev/null; echo; dd bs=1 count=4 2>/dev/null");
    start();
    RawSocket raw(server.port());
    raw.send("POST /a.cgi HTTP/1.0\r\nContent-Length: 9\r\n\r\nfirst");
    EXPECT_THAT(raw.read_until("first\n"), EndsWith("first\n"));
    raw.send("last");
    EXPECT_EQ(raw.read_all(), "last");
}

TEST_P(ScriptPipes, NphScriptMayLeaveItsBody) {
    script("nph-a.cgi", "printf 'HTTP/1.1 200 OK\\r\\n\\r\\ndone'");
    start();
    RawSocket raw(server.port());
    raw.send("POST /nph-a.cgi HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
    raw.send(std::string(1000000, 'x'));
    EXPECT_EQ(raw.read_all(), "HTTP/1.1 200 OK\r\n\r\ndone");
}

TEST_P(ScriptPipes, InflatedBodyHasItsOwnLength) {
    server.load("filter");
    server.load("deflate");
    script("a.cgi", "echo; echo $CONTENT_LENGTH; cat");
    start("SetInputFilter DEFLATE\n");
    const Exit gzip = run({"/bin/sh", "-c", "seq -w 1 10000 | head -c 50000 | gzip"});
    ASSERT_EQ(gzip.status, 0);
    EXPECT_EQ(
        client().post("/a.cgi", gzip.output, {"Content-Encoding: gzip"}).body,
        "50000\n" + run({"/bin/sh", "-c", "seq -w 1 10000 | head -c 50000"}).output);
    EXPECT_EQ(client().post("/a.cgi", "plain").body, "5\nplain");
}

TEST_P(ScriptPipes, ExpectContinueIsAnswered) {
    script("a.cgi", "echo; cat");
    start();
    RawSocket raw(server.port());
    raw.send(
        "POST /a.cgi HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        "Connection: close\r\nContent-Length: 4\r\n\r\n");
    EXPECT_THAT(raw.read_until("\r\n\r\n"), HasSubstr("100 Continue"));
    raw.send("body");
    EXPECT_THAT(raw.read_all(), HasSubstr("body"));
}

TEST_P(ScriptPipes, BodyShorterThanItsLengthIs400) {
    script("a.cgi", "cat >/dev/null; echo; echo all");
    start();
    RawSocket raw(server.port());
    raw.send("POST /a.cgi HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nfew");
    raw.half_close();
    EXPECT_THAT(raw.read_all(), HasSubstr("400 Bad Request"));
    server.claim("CPPCGI0309");
}

TEST_P(ScriptPipes, BrokenChunkIs400AndStartsNothing) {
    script("a.cgi", "touch $W/ran; echo; cat");
    start();
    RawSocket raw(server.port());
    raw.send(
        "POST /a.cgi HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    EXPECT_THAT(raw.read_all(), HasSubstr("400 Bad Request"));
    server.claim("CPPCGI0309");
    server.log().allow("AH0");
    EXPECT_FALSE(std::filesystem::exists(work() / "ran"));
}

TEST_P(ScriptPipes, LimitRequestBodyIs413) {
    script("a.cgi", "cat >/dev/null; echo; echo all");
    start("LimitRequestBody 1000\n");
    EXPECT_EQ(post("/a.cgi", 1001).status, 413);
    EXPECT_EQ(client()
                  .send({.path = "/a.cgi",
                         .method = "POST",
                         .body = std::string(5000, 'x'),
                         .chunked = true})
                  .status,
              413);
    server.log().allow("AH01587|AH01588|CPPCGI0309");
    EXPECT_EQ(post("/a.cgi", 1000).status, 200);
}

TEST_P(ScriptPipes, MaxBodyIs413WhereItIsWritten) {
    script("a.cgi", "cat >/dev/null; echo; echo all");
    start("CppCGIMaxBody 1000\n");
    EXPECT_EQ(post("/a.cgi", 1000).status, 200);
    for (const bool chunked : {false, true}) {
        EXPECT_EQ(client()
                      .send({.path = "/a.cgi",
                             .method = "POST",
                             .body = std::string(1001, 'x'),
                             .chunked = chunked})
                      .status,
                  413);
        server.claim("CPPCGI0307: .*CppCGIMaxBody 1000");
    }
}

TEST_P(ScriptPipes, DescriptorsAndSignalsAreThoseOfANewProcess) {
    script("a.cgi",
           "echo; ls /proc/self/fd | tr '\\n' ' '; grep Sig /proc/self/status");
    start();
    const std::string body = client().get("/a.cgi").body;
    EXPECT_THAT(body, ::testing::MatchesRegex("0 1 2 3 (.|\n)*"));  // 3 is ls's own
    EXPECT_THAT(body, HasSubstr("SigBlk:\t0000000000000000"));
    EXPECT_THAT(body, HasSubstr("SigIgn:\t0000000000000000"));
}

TEST_P(ScriptPipes, BrokenPipelinesAreQuiet) {
    script("a.cgi", "echo; yes | head -1");
    start();
    EXPECT_EQ(client().get("/a.cgi").body, "y\n");
}

TEST_P(ScriptPipes, ManyAtOnceOnOneConnectionStayInStep) {
    script("a.cgi", "echo; cat");
    start();
    RawSocket raw(server.port());
    std::string requests;
    for (int i = 0; i < 10; ++i)
        requests += "POST /a.cgi HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n" +
                    std::to_string(10 + i);
    raw.send(requests + "GET /a.cgi HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string replies = raw.read_all();
    for (int i = 0; i < 10; ++i)
        EXPECT_THAT(replies,
                    ContainsRegex("\r\n\r\n(2\r\n)?" + std::to_string(10 + i)));
}

CPPCGI_ON_EVERY_MPM(ScriptPipes);

}  // namespace
}  // namespace cppcgi_test
