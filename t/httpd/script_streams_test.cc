// What a script writes reaches the client when the script pauses, and no sooner than the
// client takes it: plain, through mod_deflate, and on HTTP/2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "t/httpd/raw_socket.h"
#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class ScriptStreams : public ScriptTest {
protected:
    // A script that writes a line each time the test says so.
    void stepwise() {
        script("a.cgi",
               "echo 'Content-Type: text/event-stream'; echo\n"
               "for i in 1 2 3 4 5; do echo data: $i\n"
               "until [ -e $W/go$i ]; do sleep 0.02; done; done");
    }
    void step(int i) { std::ofstream(work() / ("go" + std::to_string(i))); }
    // The bytes of the server's children that lie in memory.
    std::size_t resident() const {
        std::size_t sum = 0;
        for (const pid_t child : server.children()) {
            const std::string statm =
                read_file("/proc/" + std::to_string(child) + "/statm");
            std::size_t size = 0;
            std::size_t pages = 0;
            if (std::sscanf(statm.c_str(), "%zu %zu", &size, &pages) == 2)
                sum += pages * 4096;
        }
        return sum;
    }
};

TEST_P(ScriptStreams, EachPieceArrivesBeforeTheNextIsWritten) {
    stepwise();
    start();
    RawSocket raw(server.port());
    raw.send("GET /a.cgi HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    for (int i = 1; i <= 5; ++i) {
        const std::string piece = "data: " + std::to_string(i) + "\n";
        EXPECT_THAT(raw.read_until(piece), HasSubstr(piece));
        step(i);
    }
}

TEST_P(ScriptStreams, HeadArrivesBeforeTheBody) {
    script("a.cgi",
           "echo 'X-A: b'; echo; until [ -e $W/go1 ]; do sleep 0.02; done; echo c");
    start();
    RawSocket raw(server.port());
    raw.send("GET /a.cgi HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(raw.read_until("\r\n\r\n"), HasSubstr("X-A: b"));
    step(1);
    EXPECT_THAT(raw.read_all(), HasSubstr("c\n"));
}

TEST_P(ScriptStreams, EachPieceArrivesThroughDeflate) {
    server.load("filter");
    server.load("deflate");
    stepwise();
    start("SetOutputFilter DEFLATE\n");
    RawSocket raw(server.port());
    raw.send("GET /a.cgi HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
    // A flush of zlib ends in an empty stored block.
    const std::string flushed("\x00\x00\xff\xff", 4);
    for (int i = 1; i <= 5; ++i) {
        const std::string piece = raw.read_until(flushed);
        EXPECT_TRUE(piece.ends_with(flushed)) << i;
        if (i == 1) {
            EXPECT_THAT(piece, HasSubstr("Content-Encoding: gzip"));
        }
        step(i);
    }
}

TEST_P(ScriptStreams, SmallAnswerThroughDeflateIsOnePiece) {
    server.load("filter");
    server.load("deflate");
    script("a.cgi", "echo 'Content-Type: text/html'; echo; seq 1 200");
    start("SetOutputFilter DEFLATE\n");
    // On a busy machine a script may seem to pause, and then streams.
    EXPECT_TRUE(poll_until([this] {
        const Reply reply = client().get("/a.cgi", {"Accept-Encoding: gzip"});
        EXPECT_EQ(reply.header("content-encoding"), "gzip");
        return reply.header("content-length").has_value();
    }));
}

TEST_P(ScriptStreams, SlowReaderHoldsTheScriptBack) {
    script("a.cgi",
           "echo; i=0; while [ $i -lt 400 ]; do head -c 100000 /dev/zero; "
           "i=$((i+1)); echo $i >$W/sent; done");
    start();
    RawSocket raw(server.port());
    raw.send("GET /a.cgi HTTP/1.0\r\n\r\n");
    raw.read_until("\r\n\r\n");
    // Until it writes no more: what lies between is sockets' and pipes' buffers.
    std::string before;
    poll_until(
        [&] {
            usleep(300000);
            const std::string now = read_file(work() / "sent");
            return !now.empty() && now == std::exchange(before, now);
        },
        std::chrono::seconds(10));
    EXPECT_LT(std::stoi(before), 200);
    EXPECT_GT(raw.read_all(std::chrono::seconds(20)).size(), 30000000u);
}

TEST_P(ScriptStreams, MemoryStaysFlatOverALargeAnswer) {
    script("a.cgi", "echo; head -c 300000000 /dev/zero");
    start();
    Client one = client();
    one.get("/a.cgi?warm");
    const std::size_t before = resident();
    EXPECT_EQ(one.get("/a.cgi").body.size(), 300000000u);
    EXPECT_LT(resident(), before + (8u << 20));
}

TEST_P(ScriptStreams, MemoryStaysFlatOverALargeUpload) {
    script("a.cgi", "echo; cat | wc -c");
    start();
    Client one = client();
    one.post("/a.cgi", "warm");
    const std::size_t before = resident();
    EXPECT_EQ(one.post("/a.cgi", std::string(200000000, 'x')).body, "200000000\n");
    EXPECT_LT(resident(), before + (8u << 20));
}

TEST_P(ScriptStreams, TlsCarriesBodiesBothWays) {
    server.make_certificate();
    server.load("ssl");
    script("a.cgi", "echo; echo $HTTPS; cat");
    start(
        "SSLEngine on\nSSLCertificateFile ${ROOT}/tls.crt\n"
        "SSLCertificateKeyFile ${ROOT}/tls.key\n");
    Client tls("https://127.0.0.1:" + std::to_string(server.port()));
    for (const std::size_t size : {5u, 5000000u}) {
        const std::string body(size, 'x');
        EXPECT_EQ(tls.post("/a.cgi", body).body, "on\n" + body);
    }
}

TEST_P(ScriptStreams, Http2CarriesBodiesBothWays) {
    if (!server.threaded()) GTEST_SKIP() << "mod_http2 needs threads";
    server.load("http2");
    script("a.cgi", "echo 'X-P: '$SERVER_PROTOCOL; echo; echo $CONTENT_LENGTH; cat");
    start("Protocols h2c http/1.1\n");
    for (const std::size_t size : {5u, 300000u, 5000000u}) {
        const std::string body(size, 'x');
        const Reply reply =
            client().send({.path = "/a.cgi",
                           .method = "POST",
                           .body = body,
                           .version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE});
        EXPECT_EQ(reply.body, std::to_string(size) + "\n" + body) << reply.error;
        EXPECT_EQ(reply.header("x-p"), "HTTP/2.0");
    }
    const Reply unsized = client().send({.path = "/a.cgi",
                                         .method = "POST",
                                         .body = std::string(100000, 'y'),
                                         .version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE,
                                         .chunked = true});
    EXPECT_EQ(unsized.body, "100000\n" + std::string(100000, 'y')) << unsized.error;
}

TEST_P(ScriptStreams, Http2SeesAnIncompleteAnswer) {
    if (!server.threaded()) GTEST_SKIP() << "mod_http2 needs threads";
    server.load("http2");
    script("a.cgi", "echo; echo half; sleep 0.3; kill -9 $$");
    start("Protocols h2c http/1.1\n");
    const Reply reply = client().send(
        {.path = "/a.cgi", .version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE});
    EXPECT_NE(reply.code, CURLE_OK);
    server.claim("CPPCGI0430");
}

TEST_P(ScriptStreams, Http2ClientThatLeavesEndsTheScript) {
    if (!server.threaded()) GTEST_SKIP() << "mod_http2 needs threads";
    server.load("http2");
    script("a.cgi", "echo $$ >$W/pid; sleep 60");
    start("Protocols h2c http/1.1\n");
    client().send({.path = "/a.cgi",
                   .version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE,
                   .timeout_ms = 500});
    EXPECT_TRUE(ends("pid", 4000));
}

CPPCGI_ON_EVERY_MPM(ScriptStreams);

}  // namespace
}  // namespace cppcgi_test
