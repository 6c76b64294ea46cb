// Request bodies that are long, short, broken, refused or left: the handler's answer, the
// client's view, and the next request.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/raw_socket.h"
#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Body : public HttpdTest {
protected:
    void start(const std::string& config = {}) {
        server.start(
            "CppCGILibrary ${TEST_HANDLERS}/trouble.so\n"
            "<Location /echo>\nCppCGIHandler trouble:echo\n</Location>\n"
            "<Location /form>\nCppCGIHandler trouble:form\n</Location>\n"
            "<Location /unread>\nCppCGIHandler trouble:unread\n</Location>\n" +
            config);
    }
    void expect_alive() { EXPECT_EQ(client().post("/echo", "alive").body, "5 alive"); }
};

TEST_P(Body, ArrivesWholeByLengthAndByChunks) {
    start();
    Client kept = client();
    for (const std::size_t size : {0u, 1u, 8000u, 8192u, 65536u, 1000001u}) {
        const std::string body(size, 'b');
        const std::string wanted = std::to_string(size) + " " + body;
        EXPECT_EQ(kept.post("/echo", body).body, wanted) << size;
        EXPECT_EQ(
            kept.send(
                    {.path = "/echo", .method = "POST", .body = body, .chunked = true})
                .body,
            wanted)
            << size;
    }
}

TEST_P(Body, LongerThanItsLengthIsTheNextRequest) {
    start();
    RawSocket raw(server.port());
    raw.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: "
        "4\r\n\r\nbodyGARBAGE\r\n\r\n");
    const std::string all = raw.read_all();
    EXPECT_THAT(all, HasSubstr("4 body"));
    EXPECT_THAT(all, HasSubstr("400 Bad Request"));
    EXPECT_THAT(all, Not(HasSubstr("GARBAGE")));
    expect_alive();
    server.log().allow("AH0\\d+|AH10244");
}

TEST_P(Body, ShorterThanItsLengthIs400) {
    start();
    for (const char* path : {"/echo", "/form"}) {
        RawSocket raw(server.port());
        raw.send(
            std::string("POST ") + path +
            " HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded"
            "\r\nContent-Length: 40\r\n\r\na=b");
        raw.half_close();
        EXPECT_THAT(raw.read_all(), StartsWith("HTTP/1.1 400 ")) << path;
    }
    server.claim("CPPCGI0201: handler trouble:echo answered 400");
    server.claim("CPPCGI0201: handler trouble:form answered 400: the body is broken");
    expect_alive();
}

TEST_P(Body, WithABrokenChunkIs400) {
    start();
    for (const char* chunks :
         {"4\r\nbodyXX\r\n0\r\n\r\n", "zz\r\nbody\r\n0\r\n\r\n",
          "-2\r\nbody\r\n0\r\n\r\n", "fffffffffffffffff\r\nbody"}) {
        RawSocket raw(server.port());
        raw.send(std::string("POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: "
                             "application/x-www-form-urlencoded\r\nTransfer-Encoding: "
                             "chunked\r\n\r\n") +
                 chunks);
        raw.half_close();
        EXPECT_THAT(raw.read_all(), ::testing::AnyOf(StartsWith("HTTP/1.1 400 "),
                                                     StartsWith("HTTP/1.1 413 ")))
            << chunks;
    }
    server.claim("CPPCGI0213: .*trouble:form with 400");
    server.log().allow("CPPCGI020[18]: .*trouble:form");
    server.log().allow("AH01588|AH01589|AH01590|AH02096");
    expect_alive();
}

TEST_P(Body, OfAClientThatLeavesEndsTheCall) {
    start();
    for (const bool reset : {false, true}) {
        RawSocket raw(server.port());
        raw.send(
            "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; "
            "boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\nContent-Disposition: "
            "form-data; name=\"f\"; filename=\"f\"\r\n\r\nhalf");
        reset ? raw.reset() : raw.drop();
        server.claim("CPPCGI0201: handler trouble:form answered 400");
    }
    expect_alive();
}

TEST_P(Body, OfAClientThatLeftIsKnownToTheHandler) {
    start(
        "<Location /wait>\nCppCGIHandler trouble:wait\n</Location>\n"
        "<Location /wait/stay>\nCppCGIAbort off\n</Location>\n");
    const auto wait_for = [this](const std::string& line, std::size_t count) {
        EXPECT_TRUE(poll_until([&] { return server.log().count(line) == count; }))
            << line;
    };
    const auto ask = [](RawSocket& raw, const std::string& path) {
        raw.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
        raw.read_until("waiting");
    };
    RawSocket one(server.port()), other(server.port()), half(server.port()),
        patient(server.port());
    ask(one, "/wait?1000");
    one.drop();
    wait_for("the client has gone", 1);
    ask(other, "/wait?1000");
    other.reset();
    wait_for("the client has gone", 2);
    ask(half, "/wait?1000");
    half.half_close();
    wait_for("the client has gone", 3);
    ask(patient, "/wait/stay?20");
    patient.half_close();
    wait_for("still there", 1);
    server.claim("CPPCGI0200: trouble:wait");
}

TEST_P(Body, LeftUnreadDoesNotDisturbTheNextRequest) {
    start();
    Client kept = client();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(kept.post("/unread", std::string(100000, 'x')).body, "unread");
        EXPECT_EQ(kept.send({.path = "/unread",
                             .method = "POST",
                             .body = std::string(100000, 'x'),
                             .chunked = true})
                      .body,
                  "unread");
        EXPECT_EQ(kept.post("/echo", "next").body, "4 next");
    }
}

TEST_P(Body, IsAskedForUnderExpect) {
    start();
    RawSocket raw(server.port());
    raw.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: "
        "100-continue\r\n"
        "Content-Length: 4\r\n\r\n");
    EXPECT_THAT(raw.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
    raw.send("body");
    EXPECT_THAT(raw.read_all(), HasSubstr("4 body"));
    // Not asked for when nobody wants it.
    RawSocket other(server.port());
    other.send(
        "POST /unread HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
        "Content-Length: 4\r\n\r\n");
    EXPECT_THAT(other.read_until("unread"), StartsWith("HTTP/1.1 200 OK"));
}

TEST_P(Body, OfAFormIsBoundedWithOneLineAndAReadablePage) {
    start(
        "CppCGIMaxBody 100K\n"
        "<Location /form/field>\nCppCGIMaxField 1K\n</Location>\n"
        "<Location /form/file>\nCppCGIMaxFile 1K\nCppCGIMaxBody 1G\n</Location>\n"
        "<Location /form/fields>\nCppCGIMaxFields 3\n</Location>\n");
    const std::string large = "a=" + std::string(200000, 'x');
    const auto refuse = [&](const Question& question, const std::string& limit) {
        const std::size_t before = server.log().count("refused a request with 413");
        const Reply reply = client().send(question);
        EXPECT_EQ(reply.status, 413) << question.path << ": " << reply.error;
        EXPECT_THAT(reply.body, HasSubstr("Request Entity Too Large"));
        server.claim(
            "CPPCGI02[0-9][0-9]: handler trouble:form refused a request with 413: .*" +
            limit);
        EXPECT_EQ(server.log().count("refused a request with 413"), before + 1);
        expect_alive();
    };
    refuse({.path = "/form", .method = "POST", .body = large},
           "CppCGIMaxBody is 102400");
    refuse({.path = "/form", .method = "POST", .body = large, .chunked = true},
           "CppCGIMaxBody is 102400");
    refuse({.path = "/form/field",
            .method = "POST",
            .body = "a=" + std::string(1025, 'x')},
           "CppCGIMaxField is 1024");
    refuse({.path = "/form/fields", .method = "POST", .body = "a=1&b=2&c=3&d=4"},
           "CppCGIMaxFields is 3");
    refuse({.path = "/form/file",
            .method = "POST",
            .parts = {{.name = "f", .data = "x", .filename = "f", .filler = 30000000}}},
           "CppCGIMaxFile is 1024");
    EXPECT_EQ(client().post("/form/field", "a=" + std::string(1024, 'x')).body,
              "a=1024\n");
    EXPECT_EQ(client().post("/form/fields", "a=1&b=2&c=3").status, 200);
}

// A browser sends its whole form before it reads: what it then reads must be the page.
TEST_P(Body, RefusedIsReadableForAClientThatSendsItAllFirst) {
    start("CppCGIMaxBody 10K\n");
    for (const bool chunked : {false, true}) {
        RawSocket raw(server.port());
        std::string request =
            "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: "
            "application/x-www-form-urlencoded\r\n";
        const std::string part = std::string(100000, 'x');
        request += chunked ? "Transfer-Encoding: chunked\r\n\r\n"
                           : "Content-Length: 20000000\r\n\r\n";
        ASSERT_TRUE(raw.send(request));
        for (int i = 0; i < 200; ++i)
            ASSERT_TRUE(raw.send(chunked ? "186a0\r\n" + part + "\r\n" : part)) << i;
        if (chunked) raw.send("0\r\n\r\n");
        const std::string all = raw.read_all();
        EXPECT_THAT(all, StartsWith("HTTP/1.1 413 "));
        EXPECT_THAT(all, HasSubstr("</html>"));
    }
    server.claim("CPPCGI0202: .*CppCGIMaxBody is 10240");
    expect_alive();
}

TEST_P(Body, BeyondLimitRequestBodyIs413) {
    start("LimitRequestBody 1000\n");
    const std::string body = "a=" + std::string(2000, 'x');
    EXPECT_EQ(client().post("/form", body).status, 413);
    EXPECT_EQ(
        client()
            .send({.path = "/form", .method = "POST", .body = body, .chunked = true})
            .status,
        413);
    server.claim("CPPCGI0208: .*trouble:form with 413: .*LimitRequestBody");
    server.log().allow("AH01587|AH01588|AH01589|AH01591");
    expect_alive();
}

TEST_P(Body, IsCountedBehindInputFilters) {
    server.load("deflate");
    // 5 MB of "x" in 5 KB.
    const Exit packed = run({"sh", "-c",
                             "head -c 5000000 /dev/zero | tr '\\0' x | gzip -9c >" +
                                 (server.root() / "body.gz").native()});
    ASSERT_EQ(packed.status, 0) << packed.output;
    start(
        "SetInputFilter DEFLATE\nCppCGIMaxBody 1M\nDeflateInflateLimitRequestBody 0\n"
        "DeflateInflateRatioLimit 5000\n"
        "<Location /form/more>\nCppCGIMaxBody 10M\nCppCGIMaxField 10M\n</Location>\n");
    const std::string body = read_file(server.root() / "body.gz");
    ASSERT_LT(body.size(), 10000u);
    const Headers headers = {"Content-Encoding: gzip", "Content-Type: text/plain"};
    EXPECT_EQ(client().post("/form", body, headers).status, 413);
    server.claim("CPPCGI0202: .*CppCGIMaxBody is 1048576");
    EXPECT_EQ(client().post("/form/more", body, headers).body, "=5000000\n");
    EXPECT_EQ(client().post("/echo", "alive", {"Content-Type: text/plain"}).body,
              "5 alive");
}

CPPCGI_ON_EVERY_MPM(Body);

}  // namespace
}  // namespace cppcgi_test
