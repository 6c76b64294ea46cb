// ScriptLog: what was asked, answered and said, for scripts that fail, as mod_cgi wrote it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class ScriptLog : public ScriptTest {
protected:
    std::string log_text() { return read_file(work() / "script.log"); }
    const char* log_here = "ScriptLog work/script.log\n";
};

TEST_P(ScriptLog, ShowsARefusal) {
    script("a.cgi", "echo");
    start(std::string(log_here) + "<Location />\nOptions -ExecCGI\n</Location>\n");
    EXPECT_EQ(client().get("/a.cgi?x=y").status, 403);
    server.claim("CPPCGI0301");
    EXPECT_THAT(log_text(),
                MatchesRegex("%% \\[.*\\] GET /a.cgi\\?x=y HTTP/1.1\n"
                             "%% 403 .*/docroot/a.cgi\n%error\n.*ExecCGI is off.*\n"));
}

TEST_P(ScriptLog, ShowsRequestAndAnswerOfABrokenScript) {
    script("a.cgi",
           "cat >/dev/null; echo oops >&2; echo 'X-A: b'; echo 'no header'; echo rest");
    start(std::string(log_here) + "ScriptLogBuffer 4\n");
    EXPECT_EQ(client().post("/a.cgi", "body=1", {"X-Probe: 1"}).status, 500);
    server.claim("CPPCGI0414");
    server.claim("CPPCGI0450.*oops");
    const std::string text = log_text();
    EXPECT_THAT(text, HasSubstr("%% 500 "));
    EXPECT_THAT(text, HasSubstr("%request\n"));
    EXPECT_THAT(text, HasSubstr("X-Probe: 1\n"));
    EXPECT_THAT(text, HasSubstr("\n\nbody\n"));
    EXPECT_THAT(text, HasSubstr("%response\nX-A: b\nno header\n"));
    EXPECT_THAT(text, HasSubstr("%stderr\noops\n"));
}

TEST_P(ScriptLog, StaysEmptyWhenScriptsWork) {
    script("a.cgi", "echo 'Status: 404'; echo");
    start(log_here);
    EXPECT_EQ(client().get("/a.cgi").status, 404);
    EXPECT_EQ(log_text(), "");
}

TEST_P(ScriptLog, StopsGrowingAboveItsLength) {
    script("a.cgi", "exit 1");
    start(std::string(log_here) + "ScriptLogLength 10\n");
    EXPECT_EQ(client().get("/a.cgi").status, 500);
    const std::string once = log_text();
    EXPECT_NE(once, "");
    EXPECT_EQ(client().get("/a.cgi").status, 500);
    EXPECT_EQ(log_text(), once);
    server.claim("CPPCGI0400");
}

TEST_P(ScriptLog, ThatCannotBeWrittenIsSaid) {
    script("a.cgi", "exit 1");
    start("ScriptLog no/such/folder\n");
    EXPECT_EQ(client().get("/a.cgi").status, 500);
    server.claim("CPPCGI0400");
    server.claim("CPPCGI0460: ScriptLog .*/no/such/folder cannot be written");
}

TEST_P(ScriptLog, DirectivesOfBothModulesLoadBesideThem) {
    const std::string text =
        "ScriptLog a\nScriptLogLength 100\nScriptLogBuffer 10\nScriptSock b\n"
        "CGIScriptTimeout 10s\nCGIDScriptTimeout 500ms\n";
    EXPECT_EQ(server.configtest(text).status, 0) << server.configtest(text).output;
    for (const char* module : {"cgi", "cgid"}) {
        server.load(module);
        const Exit result = server.configtest(text);
        EXPECT_EQ(result.status, 0) << module << result.output;
    }
}

CPPCGI_ON_EVERY_MPM(ScriptLog);

}  // namespace
}  // namespace cppcgi_test
