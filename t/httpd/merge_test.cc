// Directives are inherited and merged as httpd's users expect.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/server.h"
#include "t/httpd/variables.h"

namespace cppcgi_test {
namespace {

class Merging : public HttpdTest {
protected:
    void start(const std::string& config) {
        server.start("CppCGILibrary ${TEST_HANDLERS}/probe.so\n" + config);
    }
    Variables at(const std::string& path, const Headers& headers = {}) {
        return Variables(client().get(path, headers));
    }
};

TEST_P(Merging, JoinsParametersByName) {
    start(
        "CppCGIParam everywhere 1\nCppCGIParam changed server\n"
        "<Location />\nCppCGIHandler probe:params\n</Location>\n"
        "<Location /a>\nCppCGIParam changed \"in a\"\nCppCGIParam only a\n</Location>\n"
        "<Location /a/b>\nCppCGIParam changed b\n</Location>\n"
        "<VirtualHost *:${PORT}>\nServerName one\n</VirtualHost>\n"
        "<VirtualHost *:${PORT}>\nServerName two\nCppCGIParam changed two\n"
        "</VirtualHost>\n");
    const std::string query = "?everywhere+changed+only";
    EXPECT_EQ(client().get("/" + query).body,
              "everywhere=1\nchanged=server\nonly=(unset)\n");
    EXPECT_EQ(client().get("/a" + query).body, "everywhere=1\nchanged=in a\nonly=a\n");
    EXPECT_EQ(client().get("/a/b" + query).body, "everywhere=1\nchanged=b\nonly=a\n");
    EXPECT_EQ(at("/" + query, {"Host: two"})["changed"], "two");
    EXPECT_EQ(at("/" + query, {"Host: two"})["everywhere"], "1");
}

TEST_P(Merging, InheritsEachBound) {
    start(
        "CppCGISpoolDir ${ROOT}/run\nCppCGIMaxFields 7\nCppCGIMaxNesting 0\n"
        "<Location />\nCppCGIHandler probe:limits\nCppCGIMaxBody 3k\n</Location>\n"
        "<Location /a>\nCppCGIMaxField 1M\nCppCGIMaxFile 2g\nCppCGIMaxMemory 5\n"
        "CppCGIMaxPartHeader 6\nCppCGIMaxBody 4\n</Location>\n");
    Variables outer = at("/"), inner = at("/a");
    EXPECT_EQ(outer["max_body"], "3072");
    EXPECT_EQ(outer["max_field"], "1048576");
    EXPECT_EQ(outer["max_file"], "67108864");
    EXPECT_EQ(outer["max_memory"], "262144");
    EXPECT_EQ(outer["max_part_header"], "16384");
    EXPECT_EQ(outer["max_fields"], "7");
    EXPECT_EQ(outer["max_nesting"], "0");
    EXPECT_EQ(outer["spool_dir"], (server.root() / "run").native());
    EXPECT_EQ(inner["max_body"], "4");
    EXPECT_EQ(inner["max_file"], "2147483648");
    EXPECT_EQ(inner["max_memory"], "5");
    EXPECT_EQ(inner["max_part_header"], "6");
    EXPECT_EQ(inner["max_fields"], "7");
}

TEST_P(Merging, SwitchesArgumentsBySection) {
    start(
        "<Location />\nCppCGIHandler probe:params\nCppCGIParam a 1\n</Location>\n"
        "<Location /off>\nCppCGIArguments off\n</Location>\n");
    EXPECT_EQ(client().get("/?a").body, "a=1\n");
    EXPECT_EQ(client().get("/?a=").body, "");
    EXPECT_EQ(client().get("/off?a").body, "");
}

TEST_P(Merging, GivesSpoolDirToAVirtualHost) {
    start(
        "CppCGISpoolDir /tmp\n<Location />\nCppCGIHandler probe:limits\n</Location>\n"
        "<VirtualHost *:${PORT}>\nServerName one\n</VirtualHost>\n"
        "<VirtualHost *:${PORT}>\nServerName two\nCppCGISpoolDir ${ROOT}/run\n"
        "</VirtualHost>\n");
    EXPECT_EQ(at("/", {"Host: one"})["spool_dir"], "/tmp");
    EXPECT_EQ(at("/", {"Host: two"})["spool_dir"], (server.root() / "run").native());
}

CPPCGI_ON_EVERY_MPM(Merging);

}  // namespace
}  // namespace cppcgi_test
