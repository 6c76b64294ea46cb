// A registration that names no handler stops `httpd -t` and the start, with what was found,
// where it is configured, and what to do; so does a library that cannot be served, whose
// reasons library_faults_test.cc has one by one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Refusal : public HttpdTest {
protected:
    // `httpd -t` with this library on line 44 or so, and a remedy behind the semicolon.
    std::string refuse(const std::string& library, const std::string& handler = "") {
        std::string config = "CppCGILibrary " + library + "\n";
        if (!handler.empty()) config += "CppCGIHandler " + handler + "\n";
        const Exit exit = server.configtest(config);
        EXPECT_EQ(exit.status, 1) << exit.output;
        EXPECT_THAT(exit.output, HasSubstr("configtest.conf:")) << config;
        return exit.output;
    }
};

TEST_P(Refusal, OfAnUnknownHandler) {
    EXPECT_THAT(refuse("${TEST_HANDLERS}/probe.so", "probe:prob"),
                AllOf(HasSubstr("CPPCGI0022: "), HasSubstr("has no handler \"prob\""),
                      HasSubstr(", probe")));
}

TEST_P(Refusal, OfAnUnknownAlias) {
    EXPECT_THAT(refuse("${TEST_HANDLERS}/probe.so p", "probe"),
                AllOf(HasSubstr("CPPCGI0020: "), HasSubstr("libraries are: p")));
}

TEST_P(Refusal, OfALibraryThatLeavesOpenWhichHandlerIsMeant) {
    EXPECT_THAT(refuse("${TEST_HANDLERS}/twins.so t", "t"),
                AllOf(HasSubstr("CPPCGI0021: "), HasSubstr("sibling, twins")));
    EXPECT_EQ(server
                  .configtest("CppCGILibrary ${TEST_HANDLERS}/twins.so\n"
                              "CppCGIHandler twins\n")
                  .status,
              0);
}

TEST_P(Refusal, OfTwoFilesUnderOneAlias) {
    const Exit exit = server.configtest(
        "CppCGILibrary ${TEST_HANDLERS}/probe.so\n<VirtualHost *:${PORT}>\n"
        "CppCGILibrary ${TEST_HANDLERS}/twins.so probe\n</VirtualHost>\n");
    EXPECT_EQ(exit.status, 1);
    EXPECT_THAT(exit.output,
                AllOf(HasSubstr("CPPCGI0012: "), HasSubstr("probe.so already"),
                      HasSubstr("Syntax error on line")));
    EXPECT_EQ(server
                  .configtest("CppCGILibrary ${TEST_HANDLERS}/probe.so\n"
                              "CppCGILibrary ${TEST_HANDLERS}/probe.so\n"
                              "CppCGILibrary ${TEST_HANDLERS}/probe.so again\n")
                  .status,
              0);
}

TEST_P(Refusal, StopsTheStart) {
    server.configure("CppCGILibrary ${ROOT}/nowhere.so\n");
    const Exit exit = server.httpd({"-k", "start"});
    EXPECT_EQ(exit.status, 1);
    EXPECT_THAT(exit.output, HasSubstr("CPPCGI0100"));
    server.log().allow("AH00020|AH00016|Configuration Failed|CPPCGI0100");
}

TEST_P(Refusal, IsNotAskedForByAConfigurationDump) {
    server.configure("CppCGILibrary ${ROOT}/nowhere.so\n");
    EXPECT_EQ(server.httpd({"-S"}).status, 0);
    EXPECT_EQ(server.httpd({"-M"}).status, 0);
}

TEST_P(Refusal, LeavesOrderInTheFileFree) {
    const Exit exit = server.configtest(
        "<Location /a>\nCppCGIHandler probe:other\n</Location>\n"
        "<VirtualHost *:${PORT}>\nCppCGILibrary ${TEST_HANDLERS}/probe.so\n"
        "</VirtualHost>\n");
    EXPECT_EQ(exit.status, 0) << exit.output;
}

INSTANTIATE_TEST_SUITE_P(Once, Refusal, ::testing::Values("event"));

}  // namespace
}  // namespace cppcgi_test
