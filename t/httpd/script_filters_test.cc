// A script's body comes through httpd's input filters, which may change, refuse or time it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/raw_socket.h"
#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;

class ScriptFilters : public ScriptTest {};

TEST_P(ScriptFilters, SlowBodyIs408) {
    server.load("reqtimeout");
    script("a.cgi", "cat >/dev/null; echo; echo all");
    start("RequestReadTimeout body=1\n");
    RawSocket raw(server.port());
    raw.send("POST /a.cgi HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome");
    EXPECT_THAT(raw.read_all(), HasSubstr("408 Request Timeout"));
    server.claim("CPPCGI0309");
    server.log().allow("AH01382");
}

TEST_P(ScriptFilters, SlowChunkedBodyIs408) {
    server.load("reqtimeout");
    script("a.cgi", "cat >/dev/null; echo; echo all");
    start("RequestReadTimeout body=1\n");
    RawSocket raw(server.port());
    raw.send(
        "POST /a.cgi HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nso");
    EXPECT_THAT(raw.read_all(), HasSubstr("408 Request Timeout"));
    server.claim("CPPCGI0309");
    server.log().allow("AH01382");
}

TEST_P(ScriptFilters, ClientThatFallsSilentIs408AtTimeout) {
    script("a.cgi", "cat >/dev/null; echo; echo all");
    start("Timeout 1\n");
    RawSocket raw(server.port());
    raw.send("POST /a.cgi HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome");
    EXPECT_THAT(raw.read_all(), HasSubstr("408 Request Timeout"));
    server.claim("CPPCGI0309");
}

TEST_P(ScriptFilters, FilterThatChangesTheLengthIsFollowed) {
    server.load("filter");
    server.load("sed");
    script("a.cgi", "echo; echo $CONTENT_LENGTH; cat");
    start("<Location />\nSetInputFilter Sed\nInputSed \"s/a/bbb/g\"\n</Location>\n");
    EXPECT_EQ(client().post("/a.cgi", "xaxax\n").body, "10\nxbbbxbbbx\n");
}

TEST_P(ScriptFilters, BufferedBodyIsWhole) {
    server.load("filter");
    server.load("buffer");
    script("a.cgi", "echo; echo $CONTENT_LENGTH; cat | wc -c");
    start("SetInputFilter BUFFER\n");
    EXPECT_EQ(client().post("/a.cgi", std::string(400000, 'x')).body,
              "400000\n400000\n");
}

// mod_security reads the body before the script starts and gives it back by a filter.
TEST_P(ScriptFilters, FirewallRefusesOrPassesTheBody) {
    if (!std::filesystem::exists(CPPCGI_HTTPD_MODULES "/mod_security2.so"))
        GTEST_SKIP() << "mod_security2 is not installed";
    if (sanitizer() == "address") GTEST_SKIP() << "it leaks its rules at the end";
    server.load("unique_id");
    server.load("security2");
    script("a.cgi", "echo; echo $CONTENT_LENGTH; cat; touch $W/$QUERY_STRING");
    start(
        "SecRuleEngine On\nSecRequestBodyAccess On\nSecTmpDir ${ROOT}/work\n"
        "SecDataDir ${ROOT}/work\nSecRequestBodyLimit 1000000\n"
        "SecRule ARGS \"attack\" \"id:1,phase:2,deny,status:403\"\n");
    server.log().allow("ModSecurity");
    for (const bool chunked : {false, true}) {
        const auto send = [&](const std::string& path, const std::string& body) {
            return client().send(
                {.path = path,
                 .method = "POST",
                 .headers = {"Content-Type: application/x-www-form-urlencoded"},
                 .body = body,
                 .chunked = chunked});
        };
        EXPECT_EQ(send("/a.cgi?refused", "a=an+attack").status, 403);
        EXPECT_FALSE(std::filesystem::exists(work() / "refused"));
        const std::string large = "a=" + std::string(200000, 'x');
        EXPECT_EQ(send("/a.cgi?passed", large).body, "200002\n" + large);
    }
}

TEST_P(ScriptFilters, OutputFilterThatRewritesSeesTheBody) {
    server.load("filter");
    server.load("substitute");
    script("a.cgi",
           "echo 'Content-Type: text/html'; echo; echo old; sleep 0.2; echo old");
    start("SetOutputFilter SUBSTITUTE\nSubstitute s/old/new/\n");
    EXPECT_EQ(client().get("/a.cgi").body, "new\nnew\n");
}

TEST_P(ScriptFilters, RangeOfAScriptsAnswer) {
    script("a.cgi", "echo 'Content-Type: text/plain'; echo; printf 0123456789");
    start();
    const Reply reply = client().get("/a.cgi", {"Range: bytes=2-4"});
    EXPECT_THAT(reply.status, ::testing::AnyOf(200, 206));
    EXPECT_EQ(reply.body, reply.status == 206 ? "234" : "0123456789");
}

TEST_P(ScriptFilters, AuthenticationComesFirst) {
    for (const char* module : {"authn_core", "authn_file", "auth_basic", "authz_user"})
        server.load(module);
    script("a.cgi",
           "touch $W/ran; echo; echo $REMOTE_USER $AUTH_TYPE $HTTP_AUTHORIZATION");
    server.write("passwords", "x:{SHA}lbd9hptzOxznVGVYzFtgLsYzhjo=\n");
    start(
        "<Location />\nAuthType Basic\nAuthName x\nAuthUserFile ${ROOT}/passwords\n"
        "Require valid-user\n</Location>\n");
    EXPECT_EQ(client().get("/a.cgi").status, 401);
    EXPECT_FALSE(std::filesystem::exists(work() / "ran"));
}

CPPCGI_ON_EVERY_MPM(ScriptFilters);

}  // namespace
}  // namespace cppcgi_test
