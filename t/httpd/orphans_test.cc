// Scripts of a server child that is killed or crashes do not live on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/raw_socket.h"
#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

class Orphans : public ScriptTest {
protected:
    Orphans() {
        script("a.cgi", "echo $$ >$W/pid; sleep 60; :");
        script("group.cgi",
               "sh -c 'echo $$ >'$W'/member; sleep 60; :' & echo $$ >$W/leader; wait");
        script("after.cgi", "echo $$ >$W/after; echo; exec >&- 2>&-; sleep 60; :");
        script("stubborn.cgi",
               "trap '' TERM; echo $$ >$W/stubborn; while :; do sleep 1; done");
        server.log().allow("AH00052");
    }
    void kill_children() {
        for (const pid_t child : server.children()) kill(child, SIGKILL);
    }
};

TEST_P(Orphans, EndWhenTheirServerChildIsKilled) {
    start();
    EXPECT_EQ(client().get("/after.cgi").status, 200);
    RawSocket one(server.port());
    one.send("GET /a.cgi HTTP/1.1\r\nHost: x\r\n\r\n");
    RawSocket two(server.port());
    two.send("GET /group.cgi HTTP/1.1\r\nHost: x\r\n\r\n");
    for (const char* name : {"pid", "leader", "member", "after"})
        ASSERT_NE(wait_for(name), "") << name;
    kill_children();
    for (const char* name : {"pid", "leader", "member", "after"})
        EXPECT_TRUE(ends(name)) << name;
    server.claim("CPPCGI0426: server child .* scripts of it ran");
    script("b.cgi", "echo; echo served");
    EXPECT_EQ(client().get("/b.cgi").body, "served\n");
}

TEST_P(Orphans, EndWhenAHandlerCrashesTheirServerChild) {
    if (!sanitizer().empty())
        GTEST_SKIP() << "the sanitizer reports these faults itself";
    if (!server.threaded()) GTEST_SKIP() << "there, a child has one request at a time";
    start(
        "CppCGILibrary ${TEST_HANDLERS}/crash.so\n"
        "<Location /crash>\nCppCGIHandler crash:null_write\n</Location>\n");
    RawSocket one(server.port());
    one.send("GET /a.cgi HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_NE(wait_for("pid"), "");
    server.log().allow("CPPCGI0510|exit signal|AH10392");
    client().get("/crash");
    EXPECT_TRUE(ends("pid"));
    server.claim("CPPCGI0426");
}

TEST_P(Orphans, ThatIgnoreTheirTermEndWithTheServer) {
    start();
    RawSocket one(server.port());
    one.send("GET /stubborn.cgi HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_NE(wait_for("stubborn"), "");
    kill_children();
    server.claim("CPPCGI0426");
    server.stop();
    EXPECT_TRUE(ends("stubborn", 2000));
}

TEST_P(Orphans, OfAGenerationBeforeEndAsWell) {
    start();
    EXPECT_EQ(client().get("/after.cgi").status, 200);
    ASSERT_NE(wait_for("after"), "");
    const std::vector<pid_t> old = server.children();
    EXPECT_TRUE(server.graceful());
    EXPECT_EQ(kill(std::stoi(wait_for("after")), 0), 0);
    for (const pid_t child : old) kill(child, SIGKILL);
    EXPECT_TRUE(ends("after"));
    server.claim("CPPCGI0426");
}

CPPCGI_ON_EVERY_MPM(Orphans);

}  // namespace
}  // namespace cppcgi_test
