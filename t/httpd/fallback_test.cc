// Who runs cgi-script when mod_cgi is loaded as well: it does, but where CppCGIFallback is
// written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FallbackChoice : public ScriptTest {
protected:
    FallbackChoice() {
        script("ours/a.cgi", "echo oops >&2; echo; echo ran");
        script("theirs/a.cgi", "echo oops >&2; echo; echo ran");
        script("none/a.cgi", "echo; echo ran");
    }
    void start_beside(const std::string& module) {
        server.load(module);
        std::string more =
            "<Directory ${DOCROOT}/ours>\nCppCGIFallback exec\n</Directory>\n"
            "<Directory ${DOCROOT}/none>\nCppCGIFallback none\n</Directory>\n";
        if (module == "cgid") more += "ScriptSock ${ROOT}/cgid.sock\n";
        start(more);
    }
};

TEST_P(FallbackChoice, IsModCgisUnlessWritten) {
    start_beside(server.threaded() ? "cgid" : "cgi");
    EXPECT_EQ(client().get("/theirs/a.cgi").body, "ran\n");
    EXPECT_EQ(server.log().count("CPPCGI0450"), 0u);
    server.log().allow("AH01215|oops");
    EXPECT_EQ(client().get("/ours/a.cgi").body, "ran\n");
    server.claim("CPPCGI0450: stderr from .*/ours/a.cgi: oops");
    const Reply refused = client().get("/none/a.cgi");
    EXPECT_EQ(refused.status, 403);
    EXPECT_THAT(refused.body, Not(HasSubstr("ran")));
    server.claim("CPPCGI0300");
}

CPPCGI_ON_EVERY_MPM(FallbackChoice);

}  // namespace
}  // namespace cppcgi_test
