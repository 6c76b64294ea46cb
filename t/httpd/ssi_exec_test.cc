// exec in pages of mod_include: scripts by URL, commands by the shell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SsiExec : public ScriptTest {
protected:
    SsiExec() {
        server.load("include");
        server.load("filter");
    }
    void page(const std::string& text) { server.write("docroot/page.shtml", text); }
    void start_pages(const std::string& more = {}) {
        start(
            "<Directory \"${DOCROOT}\">\nOptions +Includes +ExecCGI\nAddType text/html "
            ".shtml\nAddOutputFilter INCLUDES .shtml\n</Directory>\n" +
            more);
    }
    std::string body() { return client().get("/page.shtml").body; }
};

TEST_P(SsiExec, CgiPutsTheScriptsBodyInItsPlace) {
    script("a.cgi", "echo 'Content-Type: text/html'; echo; echo from $SCRIPT_NAME");
    page("before <!--#exec cgi=\"/a.cgi\" --> after\n");
    start_pages();
    EXPECT_EQ(body(), "before from /a.cgi\n after\n");
}

TEST_P(SsiExec, CgiGetsTheQueryOfThePage) {
    script("a.cgi", "echo; echo q=$QUERY_STRING l=$CONTENT_LENGTH; cat");
    page("<!--#exec cgi=\"/a.cgi\" -->");
    start_pages();
    EXPECT_EQ(client().get("/page.shtml?a=b").body, "q=a=b l=\n");
}

TEST_P(SsiExec, CgiThatRedirectsLeavesALink) {
    script("a.cgi", "echo 'Location: http://example.org/?a=<'; echo");
    page("[<!--#exec cgi=\"/a.cgi\" -->]");
    start_pages();
    EXPECT_EQ(
        body(),
        "[<a href=\"http://example.org/?a=&lt;\">http://example.org/?a=&lt;</a>]");
}

TEST_P(SsiExec, CmdRunsByTheShellInThePagesFolder) {
    page("[<!--#exec cmd=\"echo $((1+1)) $(basename $PWD) $REMOTE_ADDR\" -->]");
    start_pages();
    EXPECT_EQ(body(), "[2 docroot 127.0.0.1\n]");
}

TEST_P(SsiExec, CmdNeverGetsTheQuery) {
    page("[<!--#exec cmd=\"echo a\" -->]");
    start_pages();
    EXPECT_EQ(client().get("/page.shtml?$(id)").body, "[a\n]");
    EXPECT_EQ(client().get("/page.shtml?b+c").body, "[a\n]");
}

TEST_P(SsiExec, CmdWritesStderrToTheLog) {
    page("[<!--#exec cmd=\"echo oops >&2\" -->]");
    start_pages();
    EXPECT_EQ(body(), "[]");
    server.claim("CPPCGI0450: stderr from .*/page.shtml: oops");
}

TEST_P(SsiExec, VirtualIncludesAScriptToo) {
    script("a.cgi", "echo 'Content-Type: text/html'; echo; echo included");
    page("[<!--#include virtual=\"/a.cgi/info?x=y\" -->]");
    start_pages();
    EXPECT_EQ(body(), "[included\n]");
}

TEST_P(SsiExec, IsRefusedUnderIncludesNoExec) {
    script("a.cgi", "echo; echo ran");
    page("[<!--#exec cgi=\"/a.cgi\" -->][<!--#exec cmd=\"echo ran\" -->]");
    start_pages(
        "<Directory \"${DOCROOT}\">\nOptions IncludesNOEXEC ExecCGI\n</Directory>\n");
    const std::string text = body();
    EXPECT_THAT(text, Not(HasSubstr("ran")));
    EXPECT_THAT(text, HasSubstr("[an error occurred while processing this directive]"));
    server.claim("CPPCGI0464");
}

TEST_P(SsiExec, NphIsRefused) {
    script("nph-a.cgi", "echo ran");
    page("[<!--#exec cgi=\"/nph-a.cgi\" -->]");
    start_pages();
    EXPECT_THAT(body(), Not(HasSubstr("ran")));
    server.claim("CPPCGI0302");
    server.log().allow("unable to include");
}

TEST_P(SsiExec, UnknownTargetIsAnError) {
    page("[<!--#exec cgi=\"/none.cgi\" -->][<!--#exec what=\"x\" -->]");
    start_pages();
    EXPECT_THAT(body(), HasSubstr("[an error occurred"));
    server.claim("CPPCGI0462");
}

CPPCGI_ON_EVERY_MPM(SsiExec);

}  // namespace
}  // namespace cppcgi_test
