// What a script's head becomes on the wire: lengths, Status, conditions, framing, and the
// cause in the log when it is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/raw_socket.h"
#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ScriptHeads : public ScriptTest {
protected:
    Reply answer(const std::string& head, const Headers& headers = {}) {
        return answer_to("GET", head, headers);
    }
    Reply answer_to(const std::string& method, const std::string& head,
                    const Headers& headers = {}) {
        server.write("docroot/head.txt", head);
        return client().send(
            {.path = "/head.cgi", .method = method, .headers = headers});
    }
    void start_answering(const std::string& more = {}) {
        script("head.cgi", "cat head.txt; echo body");
        start(more);
    }
};

TEST_P(ScriptHeads, LongLinesPassWhole) {
    start_answering();
    for (const std::size_t size : {8190u, 10000u, 65000u}) {
        const std::string value(size, 'v');
        const Reply reply = answer("Content-Security-Policy: " + value + "\n\n");
        EXPECT_EQ(reply.status, 200) << size;
        EXPECT_EQ(reply.header("content-security-policy"), value) << size;
    }
}

TEST_P(ScriptHeads, TooLongALineIs500AndNamed) {
    start_answering();
    EXPECT_EQ(answer("X: " + std::string(200000, 'v') + "\n\n").status, 500);
    server.claim("CPPCGI0411: .*too long");
}

TEST_P(ScriptHeads, InformationalStatusIs500) {
    start_answering();
    for (const char* status : {"100", "101", "103 Early Hints"}) {
        EXPECT_EQ(answer("Status: " + std::string(status) + "\n\n").status, 500);
        server.claim("CPPCGI0420: .*head.cgi.*\"Status: 10");
    }
}

TEST_P(ScriptHeads, ReasonOfScriptIsSent) {
    start_answering();
    RawSocket raw(server.port());
    server.write("docroot/head.txt", "Status: 299 My own\n\n");
    raw.send("GET /head.cgi HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(raw.read_all(), ::testing::StartsWith("HTTP/1.1 299 My own\r\n"));
}

TEST_P(ScriptHeads, EscapesTheOffendingLineInTheLog) {
    start_answering();
    EXPECT_EQ(answer("X: a\x1b[31mb\n\n").status, 500);
    server.claim(R"(CPPCGI0416: .*"X: a\\x1b\[31mb")");
}

// Response splitting, as CVE-2023-38709 and CVE-2026-33523 had it.
TEST_P(ScriptHeads, LineEndsAndControlsDoNotPass) {
    start_answering();
    for (const char* head :
         {"X: a\rSet-Cookie: b=c\n\n", "Content-Type: text/html\rX: y\n\n",
          "Location: http://x/\rX: y\n\n", "Status: 200 O\x01K\n\n",
          "Status: 200 OK\rX: y\n\n", "Status: 20\n\n", "Status: 2000\n\n",
          "Status: abc\n\n", "Status: 99\n\n", "Status: 600\n\n", "X Y: z\n\n"}) {
        const Reply reply = answer(head);
        EXPECT_EQ(reply.status, 500) << head;
        EXPECT_FALSE(reply.header("set-cookie")) << head;
        EXPECT_FALSE(reply.header("x")) << head;
    }
    server.claim("CPPCGI041[569]|CPPCGI042[04]");
}

TEST_P(ScriptHeads, OwnFramingIsDropped) {
    start_answering();
    const Reply reply = answer("Content-Length: 3\nTransfer-Encoding: chunked\n\n");
    EXPECT_EQ(reply.body, "body\n");
    // The server's own framing: a length, or chunks where the script paused.
    if (!reply.header("transfer-encoding")) {
        EXPECT_EQ(reply.header("content-length"), "5");
    }
}

TEST_P(ScriptHeads, OwnLengthIsKeptWhereItIsTrusted) {
    start_answering("SetEnv ap_trust_cgilike_cl 1\n");
    script("head.cgi", "cat head.txt; echo body; sleep 0.3; echo more");
    const Reply reply = answer("Content-Length: 10\n\n");
    EXPECT_EQ(reply.header("content-length"), "10");
    EXPECT_EQ(reply.body, "body\nmore\n");
}

TEST_P(ScriptHeads, ConditionsAreMetForGetWithoutStatus) {
    start_answering();
    const std::string head = "Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT\n\n";
    const Headers since = {"If-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT"};
    EXPECT_EQ(answer(head, since).status, 304);
    EXPECT_EQ(answer(head, since).body, "");
    EXPECT_EQ(answer("Status: 200\n" + head, since).status, 200);
    EXPECT_EQ(answer_to("POST", head, since).status, 200);
    EXPECT_EQ(
        answer(head, {"If-Unmodified-Since: Wed, 01 Jan 2019 00:00:00 GMT"}).status,
        412);
}

TEST_P(ScriptHeads, HeadHasTheHeadOnly) {
    start_answering();
    server.write("docroot/head.txt", "Content-Type: text/x-mine\nX-A: b\n\n");
    const Reply reply = client().head("/head.cgi");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("x-a"), "b");
    EXPECT_EQ(reply.body, "");
}

TEST_P(ScriptHeads, BodylessStatusHasNoBody) {
    start_answering();
    for (const char* status : {"204", "304"}) {
        RawSocket raw(server.port());
        server.write("docroot/head.txt", std::string("Status: ") + status + "\n\n");
        raw.send("GET /head.cgi HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        const std::string reply = raw.read_all();
        EXPECT_THAT(reply, ::testing::EndsWith("\r\n\r\n")) << status;
    }
}

TEST_P(ScriptHeads, HeaderAlwaysUnsetRemovesThem) {
    server.load("headers");
    start_answering("Header always unset X-Gone\nHeader always set X-Set yes\n");
    const Reply reply = answer("X-Gone: x\nX-Stays: y\n\n");
    EXPECT_FALSE(reply.header("x-gone"));
    EXPECT_EQ(reply.header("x-stays"), "y");
    EXPECT_EQ(reply.header("x-set"), "yes");
}

TEST_P(ScriptHeads, AddDefaultCharsetHolds) {
    start_answering("AddDefaultCharset utf-8\n");
    EXPECT_EQ(answer("Content-Type: text/html\n\n").header("content-type"),
              "text/html; charset=utf-8");
}

TEST_P(ScriptHeads, RedirectTargetIsChosenAnew) {
    server.write("docroot/cgi-data/data.txt", "plain data\n");
    start_answering(
        "<Directory ${DOCROOT}/cgi-data>\nOptions -ExecCGI\n</Directory>\n");
    EXPECT_EQ(answer("Content-Type: cgi-script\nLocation: /cgi-data/data.txt\n\n").body,
              "plain data\n");
    EXPECT_EQ(answer("Content-Type: application/x-httpd-cgi\n"
                     "Location: /cgi-data/data.txt\n\n")
                  .body,
              "plain data\n");
}

TEST_P(ScriptHeads, LocalRedirectCarriesItsQuery) {
    script("to.cgi",
           "echo; echo $REQUEST_METHOD $QUERY_STRING $REDIRECT_STATUS "
           "l=$CONTENT_LENGTH; cat");
    start_answering();
    EXPECT_EQ(answer_to("POST", "Location: /to.cgi?a=b\n\n").body, "GET a=b 200 l=\n");
}

TEST_P(ScriptHeads, ErrorDocumentMayBeAScript) {
    script("error.cgi",
           "echo 'Content-Type: text/plain'; echo; echo $REDIRECT_STATUS $REDIRECT_URL "
           "$REQUEST_METHOD $REDIRECT_REQUEST_METHOD; cat");
    start_answering("ErrorDocument 500 /error.cgi\nErrorDocument 404 /error.cgi\n");
    const Reply reply = answer("no head\n\n");
    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(reply.body, "500 /head.cgi GET GET\n");
    server.claim("CPPCGI0414");
    EXPECT_EQ(client().post("/none", "body").body, "404 /none GET POST\n");
}

TEST_P(ScriptHeads, EmptyHeadIsAHead) {
    start_answering();
    const Reply reply = answer("\n");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "body\n");
}

CPPCGI_ON_EVERY_MPM(ScriptHeads);

}  // namespace
}  // namespace cppcgi_test
