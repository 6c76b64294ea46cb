// Scripts under suexec: httpd's own hook starts them as another user, whom only the parent
// of the server may signal. Needs root, suexec, and a document root that suexec accepts,
// which Debian's suexec-custom reads from a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/scripts.h"
#include "t/httpd/suexec_place.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Suexec : public ScriptTest {
protected:
    void SetUp() override {
        if (const std::string reason = place_.make(); !reason.empty())
            GTEST_SKIP() << reason;
        for (const char* module : {"suexec", "include", "filter"}) server.load(module);
    }
    void TearDown() override {
        if (!IsSkipped()) ScriptTest::TearDown();
    }
    void put(const std::string& name, const std::string& text, unsigned mode = 0755) {
        place_.put(name, text, mode);
    }
    void put_script(const std::string& name, const std::string& text,
                    unsigned mode = 0755) {
        put(name, "#!/bin/sh\nW=" + work().native() + "\n" + text + "\n", mode);
    }
    void start_there(const std::string& more = {}) {
        start("DocumentRoot \"" + place_.path() + "\"\n<Directory \"" + place_.path() +
              "\">\nOptions +ExecCGI +Includes\nAddHandler cgi-script .cgi\n"
              "AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml\n"
              "</Directory>\n" +
              SuexecPlace::configuration + more);
    }
    SuexecPlace place_;
};

TEST_P(Suexec, RunsAsItsUserWithBodyAndEnvironment) {
    put_script("a.cgi",
               "echo X-A: b; echo; id -u; echo $QUERY_STRING $CONTENT_LENGTH; cat");
    start_there();
    const Reply reply = client().post("/a.cgi?q=1", "body");
    EXPECT_EQ(reply.body, "65534\nq=1 4\nbody");
    EXPECT_EQ(reply.header("x-a"), "b");
    EXPECT_EQ(client()
                  .send({.path = "/a.cgi?q=2",
                         .method = "POST",
                         .body = std::string(300000, 'x'),
                         .chunked = true})
                  .body,
              "65534\nq=2 300000\n" + std::string(300000, 'x'));
}

TEST_P(Suexec, RefusalIsNamed) {
    put_script("a.cgi", "echo; echo ran", 0777);
    start_there();
    EXPECT_EQ(client().get("/a.cgi").status, 500);
    server.claim("CPPCGI0425: suexec refused to start .*/a.cgi");
    server.log().allow("CPPCGI0450");
}

TEST_P(Suexec, FailureOfTheScriptIsNotSuexecs) {
    put_script("a.cgi", "exit 3");
    start_there();
    EXPECT_EQ(client().get("/a.cgi").status, 500);
    server.claim("CPPCGI0400: .*/a.cgi ended with exit code 3");
}

TEST_P(Suexec, SsiCommandRunsAsTheUserToo) {
    // suexec runs no shell: a program beside the page, without arguments.
    put_script("who", "id -u; echo $#");
    put("page.shtml", "[<!--#exec cmd=\"who\" -->]", 0644);
    start_there();
    EXPECT_EQ(client().get("/page.shtml?a+b").body, "[65534\n0\n]");
}

TEST_P(Suexec, ScriptThatIsTooSlowIsEndedByTheParent) {
    put_script("a.cgi", "echo $$ >$W/pid; trap '' TERM; while :; do sleep 1; done");
    start_there("CppCGITimeout 500ms\n");
    EXPECT_EQ(client().get("/a.cgi").status, 504);
    server.claim("CPPCGI0403: .*/a.cgi was silent");
    server.claim("CPPCGI0421: .*/a.cgi .process");
    EXPECT_TRUE(ends("pid", 40000));
}

TEST_P(Suexec, StopEndsIt) {
    put_script("a.cgi", "echo $$ >$W/pid; echo; exec >&- 2>&-; sleep 60; :");
    start_there();
    EXPECT_EQ(client().get("/a.cgi").status, 200);
    ASSERT_NE(wait_for("pid"), "");
    server.stop();
    EXPECT_TRUE(ends("pid", 2000));
}

CPPCGI_ON_EVERY_MPM(Suexec);

}  // namespace
}  // namespace cppcgi_test
