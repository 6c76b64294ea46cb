// What the client and the log see of a handler that throws, breaks off, or writes a head
// that is not fit for the wire. Each time the next request is served.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/http2_connection.h"
#include "t/httpd/raw_socket.h"
#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Fault : public HttpdTest {
protected:
    void SetUp() override {
        if (server.threaded()) server.load("http2");
        server.start(std::string(server.threaded() ? "Protocols h2c http/1.1\n" : "") +
                     "CppCGILibrary ${TEST_HANDLERS}/trouble.so\n"
                     "<Location /trouble>\nCppCGIHandler trouble\n</Location>\n");
    }
    void expect_next_served(Client& kept) {
        const Reply next = kept.get("/trouble/created");
        EXPECT_EQ(next.status, 201);
        EXPECT_EQ(next.body, "created");
    }
    // 500 with httpd's own page and none of the handler's, and a line with this in it.
    void expect_500(const std::string& path, const std::string& line) {
        Client kept = client();
        const Reply reply = kept.get("/trouble/" + path);
        EXPECT_EQ(reply.status, 500) << path;
        EXPECT_THAT(reply.body, HasSubstr("Internal Server Error"));
        EXPECT_THAT(reply.body, Not(HasSubstr("half a page")));
        EXPECT_EQ(reply.header("set-cookie"), std::nullopt);
        server.claim(line);
        expect_next_served(kept);
    }
};

TEST_P(Fault, OfAStandardExceptionIs500AndALineWithTypeAndText) {
    expect_500(
        "exception",
        "CPPCGI0203: handler trouble:trouble threw std::out_of_range: nothing there");
}

TEST_P(Fault, OfAnIntIs500AndALineWithItsType) {
    expect_500("int", "CPPCGI0204: handler trouble:trouble threw int");
}

TEST_P(Fault, OfAnUnknownTypeIs500AndALineWithItsType) {
    expect_500("odd", "CPPCGI0204: .*OfNoKnownKind");
}

TEST_P(Fault, BehindAPageThatHasNotLeftIsACleanPage) {
    expect_500("late", "CPPCGI0203: .*before anything has left");
}

TEST_P(Fault, OfAnErrorHasItsStatus) {
    Client kept = client();
    for (const int status : {400, 403, 404, 409, 413, 418, 500, 503, 599}) {
        const std::string number = std::to_string(status);
        EXPECT_EQ(kept.get("/trouble/error?" + number).status, status);
        server.claim("CPPCGI0201: handler trouble:trouble answered " + number +
                     ": as asked for");
    }
    for (const char* odd : {"0", "200", "302", "399", "600", "-1"})
        EXPECT_EQ(kept.get(std::string("/trouble/error?") + odd).status, 500) << odd;
    server.claim("CPPCGI0201");
    expect_next_served(kept);
}

TEST_P(Fault, OfALineEndInAHeaderIsRefusedAsAWhole) {
    expect_500("split", "CPPCGI0210: .*trouble:trouble.*X-Split.*Set-Cookie");
    expect_500("bare-newline", "CPPCGI0210: .*X-Split");
    expect_500("bad-name", "CPPCGI0210: .*header name");
    expect_500("bad-status", "CPPCGI0210: .*999");
    expect_500("bad-length", "CPPCGI0210: .*12 bytes");
}

TEST_P(Fault, OfAHeaderAfterTheHeadIsVisibleAsABreak) {
    EXPECT_NE(client().get("/trouble/header-too-late").code, CURLE_OK);
    server.claim("CPPCGI0203: .*logic_error.*head has been sent");
    Client kept = client();
    expect_next_served(kept);
}

TEST_P(Fault, InTheMiddleOfAPageIsVisible) {
    for (const char* path : {"/trouble/half", "/trouble/half-by-length"}) {
        const Reply reply = client().get(path);
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(reply.body, "half a page");
        EXPECT_TRUE(reply.code == CURLE_PARTIAL_FILE || reply.code == CURLE_RECV_ERROR)
            << path << ": " << reply.code << " " << reply.error;
    }
    server.claim("CPPCGI0203: .*in the middle");
    Client kept = client();
    expect_next_served(kept);
}

TEST_P(Fault, InTheMiddleOfAPageLeavesOutTheLastChunk) {
    RawSocket raw(server.port());
    raw.send("GET /trouble/half HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string all = raw.read_all();
    EXPECT_THAT(all, HasSubstr("half a page"));
    EXPECT_THAT(all, Not(HasSubstr("\r\n0\r\n")));
    server.claim("CPPCGI0203");
}

TEST_P(Fault, InTheMiddleOfAPageResetsAnHttp10Connection) {
    RawSocket raw(server.port());
    raw.send("GET /trouble/half HTTP/1.0\r\n\r\n");
    raw.read_until("half a page");
    raw.read_all();
    EXPECT_EQ(raw.ended(), RawSocket::End::reset);
    server.claim("CPPCGI0203");
}

TEST_P(Fault, InTheMiddleOfAPageResetsAStreamOfHttp2) {
    if (!server.threaded()) GTEST_SKIP() << "mod_http2 asks for threads";
    Http2Connection connection(server.port());
    const auto answer = [&](const std::string& path) {
        const std::int32_t id = connection.ask("/trouble/" + path);
        EXPECT_TRUE(connection.run_to_end(id)) << path;
        return connection.stream(id);
    };
    for (const char* path : {"half", "half-by-length", "too-short"})
        EXPECT_NE(answer(path).error, NGHTTP2_NO_ERROR) << path;
    EXPECT_EQ(answer("late").status, 500) << "nothing had left";
    EXPECT_EQ(answer("created").body, "created") << "the connection lives on";
    server.claim("CPPCGI0203: .*in the middle");
    server.claim("CPPCGI0203: .*before anything has left");
    server.claim("CPPCGI0211: .* 10 bytes less");
}

TEST_P(Fault, WritesItsLogLineOnOneLine) {
    EXPECT_EQ(client().get("/trouble/log").status, 200);
    const std::string line = server.claim("CPPCGI0200: trouble:trouble: a line");
    EXPECT_THAT(line, HasSubstr("a line\\nof mine\\t\\x01"));
}

CPPCGI_ON_EVERY_MPM(Fault);

class Head : public HttpdTest {
protected:
    void SetUp() override {
        server.start(
            "CppCGILibrary ${TEST_HANDLERS}/trouble.so\n"
            "<Location /trouble>\nCppCGIHandler trouble\n</Location>\n");
    }
};

TEST_P(Head, OfASmallPageHasItsLengthAlsoForHead) {
    const Reply get = client().get("/trouble/large?100");
    EXPECT_EQ(get.header("content-length"), "100");
    EXPECT_EQ(get.header("transfer-encoding"), std::nullopt);
    Client kept = client();
    const Reply head = kept.head("/trouble/large?100");
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("content-length"), "100");
    EXPECT_EQ(head.body, "");
    EXPECT_EQ(kept.get("/trouble/created").body, "created");
}

TEST_P(Head, OfALargePageIsStreamed) {
    const Reply reply = client().get("/trouble/large?300000");
    EXPECT_EQ(reply.body, std::string(300000, 'x'));
    EXPECT_EQ(reply.header("transfer-encoding"), "chunked");
    Client kept = client();
    EXPECT_EQ(kept.head("/trouble/large?300000").status, 200);
    EXPECT_EQ(kept.head("/trouble/too-short").header("content-length"), "20");
    EXPECT_EQ(kept.get("/trouble/created").body, "created");
    server.log().allow("CPPCGI0211");
}

TEST_P(Head, SendsWhatIsFlushedAtOnce) {
    RawSocket raw(server.port());
    raw.send("GET /trouble/stream?3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(raw.read_all(),
                HasSubstr("7\r\nline 0\n\r\n7\r\nline 1\n\r\n7\r\nline 2\n"));
}

TEST_P(Head, TakesReasonAndRepeatedHeaders) {
    RawSocket raw(server.port());
    raw.send("GET /trouble/reason HTTP/1.0\r\n\r\n");
    EXPECT_THAT(raw.read_all(), StartsWith("HTTP/1.1 404 Not In My House\r\n"));
    const Reply reply = client().get("/trouble/cookies");
    EXPECT_EQ(reply.all("set-cookie"), (std::vector<std::string>{"a=1", "b=2"}));
    EXPECT_EQ(reply.all("link"), (std::vector<std::string>{"</a>", "</b>"}));
}

TEST_P(Head, OfStatusesWithoutABodyHasNone) {
    Client kept = client();
    for (const int status : {204, 304}) {
        const Reply reply = kept.get("/trouble/status?" + std::to_string(status));
        EXPECT_EQ(reply.status, status);
        EXPECT_EQ(reply.body, "");
        EXPECT_EQ(kept.get("/trouble/created").body, "created");
    }
    for (const int status : {200, 299, 404, 451, 499, 599})
        EXPECT_EQ(kept.get("/trouble/status?" + std::to_string(status)).status, status);
}

TEST_P(Head, MeetsTheConditionsOfTheRequest) {
    Client kept = client();
    const Reply plain = kept.get("/trouble/dated");
    EXPECT_EQ(plain.status, 200);
    EXPECT_EQ(plain.header("last-modified"), "Mon, 02 Jan 2006 15:04:05 GMT");
    const Reply same = kept.get("/trouble/dated", {"If-None-Match: \"v1\""});
    EXPECT_EQ(same.status, 304);
    EXPECT_EQ(same.header("etag"), "\"v1\"");
    EXPECT_EQ(same.body, "");
    EXPECT_EQ(
        kept.get("/trouble/dated", {"If-Modified-Since: Tue, 03 Jan 2006 00:00:00 GMT"})
            .status,
        304);
    EXPECT_EQ(kept.get("/trouble/dated", {"If-None-Match: \"v2\""}).body, "page");
    EXPECT_EQ(kept.get("/trouble/dated", {"If-Match: \"v2\""}).status, 412);
    EXPECT_EQ(kept.get("/trouble/created", {"If-None-Match: *"}).status, 201);
    EXPECT_EQ(kept.get("/trouble/large?4",
                       {"If-Unmodified-Since: Tue, 03 Jan 2006 00:00:00 GMT"})
                  .status,
              200);
}

TEST_P(Head, KeepsTheConnectionInStepWhateverLengthIsDeclared) {
    Client kept = client();
    const Reply longer = kept.get("/trouble/too-long");
    EXPECT_EQ(longer.body, "aaaaaaaaaabbbbbbbbbb");
    EXPECT_EQ(longer.code, CURLE_OK);
    EXPECT_EQ(kept.get("/trouble/created").body, "created");
    server.claim("CPPCGI0211: handler trouble:trouble .* 5 bytes more");
    EXPECT_EQ(kept.get("/trouble/too-short").code, CURLE_PARTIAL_FILE);
    EXPECT_EQ(kept.get("/trouble/created").body, "created");
    server.claim("CPPCGI0211: .* 10 bytes less");
    const Reply counted = kept.get("/trouble/miscounted");
    EXPECT_EQ(counted.body, "a page in one piece");
    EXPECT_EQ(kept.get("/trouble/transfer").body, "page");
    EXPECT_EQ(kept.get("/trouble/created").body, "created");
}

CPPCGI_ON_EVERY_MPM(Head);

}  // namespace
}  // namespace cppcgi_test
