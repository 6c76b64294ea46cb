// The fallback in its everyday use: a classic script below Options ExecCGI or ScriptAlias
// answers as it does under mod_cgi.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/raw_socket.h"
#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* scripts = R"(
<Directory "${DOCROOT}">
Options +ExecCGI
AllowOverride All
AddHandler cgi-script .cgi .pl .py
</Directory>
)";

class ClassicScript : public HttpdTest {
protected:
    void script(const std::string& name, const std::string& text) {
        server.write("docroot/" + name, "#!/bin/sh\n" + text, 0755);
    }
    void start(const std::string& more = {}) { server.start(scripts + more); }
};

TEST_P(ClassicScript, AnswersWithItsHeadAndBody) {
    script("a.cgi", "echo 'Content-Type: text/plain'; echo 'X-A: b'; echo; echo hello");
    start();
    const Reply reply = client().get("/a.cgi");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "hello\n");
    EXPECT_EQ(reply.header("content-type"), "text/plain");
    EXPECT_EQ(reply.header("x-a"), "b");
    // On a busy machine a script may seem to pause, and then streams.
    EXPECT_TRUE(poll_until(
        [this] { return client().get("/a.cgi").header("content-length") == "6"; }));
}

TEST_P(ClassicScript, GetsTheEnvironmentAndPathInfo) {
    script("env.cgi", "echo 'Content-Type: text/plain'; echo; env");
    start();
    const Reply reply = client().get("/env.cgi/more/info?a=b%20c", {"X-Probe: 1"});
    EXPECT_THAT(reply.body, HasSubstr("PATH_INFO=/more/info\n"));
    EXPECT_THAT(reply.body, HasSubstr("SCRIPT_NAME=/env.cgi\n"));
    EXPECT_THAT(reply.body, HasSubstr("QUERY_STRING=a=b%20c\n"));
    EXPECT_THAT(reply.body, HasSubstr("GATEWAY_INTERFACE=CGI/1.1\n"));
    EXPECT_THAT(reply.body, HasSubstr("HTTP_X_PROBE=1\n"));
    EXPECT_THAT(reply.body, Not(HasSubstr("CONTENT_LENGTH")));
}

TEST_P(ClassicScript, ReadsItsBodyOfContentLengthBytes) {
    script("echo.cgi",
           "echo 'Content-Type: text/plain'; echo; echo $CONTENT_LENGTH; cat");
    start();
    EXPECT_EQ(client().post("/echo.cgi", "name=value").body, "10\nname=value");
    const std::string large(300000, 'x');
    EXPECT_EQ(client().post("/echo.cgi", large).body, "300000\n" + large);
}

TEST_P(ClassicScript, GetsTheLengthOfAChunkedBody) {
    script("echo.cgi",
           "echo 'Content-Type: text/plain'; echo; echo $CONTENT_LENGTH; cat");
    start();
    for (const std::size_t size : {0u, 5u, 300000u, 3000000u}) {
        const std::string body(size, 'y');
        const Reply reply = client().send(
            {.path = "/echo.cgi", .method = "POST", .body = body, .chunked = true});
        EXPECT_EQ(reply.body, std::to_string(size) + "\n" + body) << size;
    }
}

TEST_P(ClassicScript, SetsStatusAndReason) {
    script("s.cgi", "echo 'Status: 404 Nothing here'; echo; echo gone");
    script("t.cgi", "echo 'Status: 201'; echo; echo made");
    start();
    EXPECT_EQ(client().get("/s.cgi").status, 404);
    EXPECT_EQ(client().get("/s.cgi").body, "gone\n");
    EXPECT_EQ(client().get("/t.cgi").status, 201);
    RawSocket raw(server.port());
    raw.send("GET /s.cgi HTTP/1.0\r\n\r\n");
    EXPECT_THAT(raw.read_all(), HasSubstr("404 Nothing here\r\n"));
}

TEST_P(ClassicScript, RedirectsToAnotherUrl) {
    script("r.cgi", "echo 'Location: http://example.org/x'; echo");
    script("s.cgi", "echo 'Status: 307'; echo 'Location: /y'; echo; echo body");
    start();
    const Reply away = client().get("/r.cgi");
    EXPECT_EQ(away.status, 302);
    EXPECT_EQ(away.header("location"), "http://example.org/x");
    const Reply here = client().get("/s.cgi");
    EXPECT_EQ(here.status, 307);
    EXPECT_EQ(here.header("location"), "/y");
    EXPECT_EQ(here.body, "body\n");
}

TEST_P(ClassicScript, AnswersWithAnotherPageOfThisServer) {
    script("r.cgi", "echo 'Location: /page.txt?q'; echo; echo ignored");
    server.write("docroot/page.txt", "the page\n");
    start();
    EXPECT_EQ(client().get("/r.cgi").body, "the page\n");
    EXPECT_EQ(client().post("/r.cgi", "body=1").body, "the page\n");
}

TEST_P(ClassicScript, KeepsEachCookieAndMergesOthers) {
    script(
        "c.cgi",
        "echo 'Set-Cookie: a=1'; echo 'Set-Cookie: b=2'; echo 'X-L: 1'; echo 'X-L: 2';"
        "echo 'Content-Type: text/plain'; echo");
    start();
    const Reply reply = client().get("/c.cgi");
    EXPECT_THAT(reply.all("set-cookie"), ::testing::ElementsAre("a=1", "b=2"));
    EXPECT_THAT(reply.all("x-l"), ::testing::ElementsAre("1, 2"));
}

TEST_P(ClassicScript, WritesToTheErrorLogUnderItsName) {
    script(
        "e.cgi",
        "echo 'Content-Type: text/plain'; echo; printf 'one\\ttab\\nt\\033wo\\n' >&2;"
        "printf unfinished >&2");
    start();
    EXPECT_EQ(client().get("/e.cgi").status, 200);
    server.claim(
        R"(\[client 127\.0\.0\.1.*CPPCGI0450: stderr from .*/e\.cgi: one\\ttab)");
    server.claim(R"(CPPCGI0450: stderr from .*/e\.cgi: t\\x1bwo)");
    server.claim(R"(CPPCGI0450: stderr from .*/e\.cgi: unfinished)");
}

TEST_P(ClassicScript, RunsBelowScriptAliasWithoutExecCgi) {
    server.write("cgi-bin/any", "#!/bin/sh\necho; echo any\n", 0755);
    start("ScriptAlias /bin/ ${ROOT}/cgi-bin/\n");
    EXPECT_EQ(client().get("/bin/any").body, "any\n");
    EXPECT_EQ(client().get("/bin/none").status, 404);
    server.claim("CPPCGI0303");
    EXPECT_EQ(client().get("/bin/").status, 403);
    server.claim("CPPCGI0304");
}

TEST_P(ClassicScript, WithoutExecCgiIsRefusedAndNotShown) {
    script("a.cgi", "echo; echo secret");
    start("<Directory ${DOCROOT}>\nOptions -ExecCGI\n</Directory>\n");
    const Reply reply = client().get("/a.cgi");
    EXPECT_EQ(reply.status, 403);
    EXPECT_THAT(reply.body, Not(HasSubstr("secret")));
    server.claim("CPPCGI0301: .*/a.cgi does not run: Options ExecCGI is off");
}

TEST_P(ClassicScript, UnderFallbackNoneIsRefusedAndNotShown) {
    script("a.cgi", "echo; echo secret");
    start("<Location />\nCppCGIFallback none\n</Location>\n");
    const Reply reply = client().get("/a.cgi");
    EXPECT_EQ(reply.status, 403);
    EXPECT_THAT(reply.body, Not(HasSubstr("secret")));
    server.claim("CPPCGI0300");
}

TEST_P(ClassicScript, ThatIsNotExecutableIsRefusedAndNotShown) {
    server.write("docroot/a.cgi", "#!/bin/sh\necho; echo secret\n", 0644);
    start();
    const Reply reply = client().get("/a.cgi");
    EXPECT_EQ(reply.status, 403);
    EXPECT_THAT(reply.body, Not(HasSubstr("secret")));
    server.claim("CPPCGI03[5-9][0-9]: .*/a.cgi");
}

TEST_P(ClassicScript, GetsArgumentsFromAQueryWithoutEquals) {
    script("argv.cgi", "echo; for a in \"$@\"; do echo \"[$a]\"; done");
    start("<Location /off>\n</Location>\n");
    EXPECT_EQ(client().get("/argv.cgi?one+t%20wo+th%3Bree").body,
              "[one]\n[t wo]\n[th\\;ree]\n");
    EXPECT_EQ(client().get("/argv.cgi?a=b+c").body, "");
}

TEST_P(ClassicScript, GetsNoArgumentsUnderCppCgiArgumentsOff) {
    script("argv.cgi", "echo; for a in \"$@\"; do echo \"[$a]\"; done");
    start("CppCGIArguments off\n");
    EXPECT_EQ(client().get("/argv.cgi?-s").body, "");
}

TEST_P(ClassicScript, WithoutAHeadIs500WithItsExitCode) {
    script("none.cgi", "exit 3");
    script("half.cgi", "echo 'X-A: b'; exit 4");
    script("bad.cgi", "echo 'no header at all'; echo; echo x");
    start();
    EXPECT_EQ(client().get("/none.cgi").status, 500);
    server.claim("CPPCGI0400: .*/none.cgi ended with exit code 3");
    EXPECT_EQ(client().get("/half.cgi").status, 500);
    server.claim("CPPCGI0401: .*/half.cgi ended with exit code 4");
    EXPECT_EQ(client().get("/bad.cgi").status, 500);
    server.claim("CPPCGI041.*/bad.cgi.*no colon.*no header at all");
}

TEST_P(ClassicScript, ThatDoesNotAnswerInTimeIs504) {
    script("slow.cgi", "sleep 20");
    start("CppCGITimeout 300ms\n");
    EXPECT_EQ(client().get("/slow.cgi").status, 504);
    server.claim("CPPCGI0403: .*/slow.cgi");
}

TEST_P(ClassicScript, CalledNphWritesTheWholeResponse) {
    script("nph-a.cgi", "printf 'HTTP/1.0 299 Mine\\r\\nX-Y: z\\r\\n\\r\\nraw'");
    start();
    RawSocket raw(server.port());
    raw.send("GET /nph-a.cgi HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(raw.read_all(), "HTTP/1.0 299 Mine\r\nX-Y: z\r\n\r\nraw");
}

TEST_P(ClassicScript, LeavesItsBodyUnreadAndTheConnectionInStep) {
    script("ignore.cgi", "echo; echo done");
    start();
    Client one = client();
    for (const std::size_t size : {100u, 5000000u}) {
        EXPECT_EQ(one.post("/ignore.cgi", std::string(size, 'z')).body, "done\n");
        EXPECT_EQ(one.get("/ignore.cgi").body, "done\n");
    }
}

CPPCGI_ON_EVERY_MPM(ClassicScript);

}  // namespace
}  // namespace cppcgi_test
