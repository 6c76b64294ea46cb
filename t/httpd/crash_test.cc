// A fault inside a handler names itself in the error log, ends its child as it would have
// anyway, and leaves the server serving.
#include <gtest/gtest.h>

#include "t/httpd/server.h"
#include "t/process.h"

#include <regex>
#include <string>

namespace cppcgi_test {
namespace {

class Crash : public HttpdTest {
protected:
    void SetUp() override {
        if (!sanitizer().empty())
            GTEST_SKIP() << "the sanitizer reports these faults itself";
        server.start(
            "CppCGILibrary ${TEST_HANDLERS}/crash.so\n"
            "<Location /crash>\n"
            " CppCGIHandler crash:null_write null_write\n"
            " CppCGIHandler crash:null_call null_call\n"
            " CppCGIHandler crash:division division\n"
            " CppCGIHandler crash:stack_overflow stack_overflow\n"
            " CppCGIHandler crash:abort_call abort_call\n"
            " CppCGIHandler crash:terminate terminate\n"
            " CppCGIHandler crash:double_free double_free\n"
            " CppCGIHandler crash:fine fine\n"
            "</Location>\n");
    }

    // The report of one request, all its lines; the server must serve on.
    std::string report_of(const std::string& handler) {
        const Reply reply = client().get("/crash/" + handler);
        EXPECT_NE(reply.code, CURLE_OK) << "the client sees a broken connection";
        EXPECT_NE(server.claim("CPPCGI0510: SIG.*crash:" + handler), "");
        server.log().allow("CPPCGI0510: (  #|lines)");
        std::string report;
        for (const std::string& line : server.log().lines())
            if (line.find("CPPCGI0510") != std::string::npos) report += line + '\n';
        server.log().allow("exit signal");
        server.log().allow("AH10392: children are killed successively");
        EXPECT_EQ(client().get("/crash/fine").body, "fine");
        return report;
    }
};

TEST_P(Crash, OfABadAddressNamesHandlerRequestAndLine) {
    const std::string report = report_of("null_write");
    EXPECT_NE(report.find("SIGSEGV"), std::string::npos);
    EXPECT_NE(report.find("at address 0x0 in handler crash:null_write"),
              std::string::npos);
    EXPECT_NE(report.find("\"GET /crash/null_write HTTP/1.1\""), std::string::npos);
    std::smatch command;
    ASSERT_TRUE(
        std::regex_search(report, command, std::regex("addr2line .*crash.so.*")))
        << report;
    const Exit lines = run({"/bin/sh", "-c", command.str()});
    EXPECT_NE(lines.output.find("write_nowhere"), std::string::npos) << lines.output;
}

TEST_P(Crash, OfANullCallNamesTheCaller) {
    const std::string report = report_of("null_call");
    EXPECT_TRUE(std::regex_search(report, std::regex("#1 .*crash\\.so\\+0x")))
        << report;
}

TEST_P(Crash, OfAUsedUpStackIsReported) {
    EXPECT_NE(report_of("stack_overflow").find("SIGSEGV"), std::string::npos);
}

TEST_P(Crash, OfADivisionIsReported) {
    EXPECT_NE(report_of("division").find("SIGFPE"), std::string::npos);
}

TEST_P(Crash, OfAbortIsReported) {
    EXPECT_NE(report_of("abort_call").find("SIGABRT"), std::string::npos);
}

TEST_P(Crash, OfADoubleFreeIsReported) {
    server.log().allow("double free detected");
    EXPECT_NE(report_of("double_free").find("SIGABRT"), std::string::npos);
}

TEST_P(Crash, OfTerminateSaysWhichException) {
    EXPECT_NE(report_of("terminate").find("std::runtime_error: thrown by a destructor"),
              std::string::npos);
}

CPPCGI_ON_EVERY_MPM(Crash);

}  // namespace
}  // namespace cppcgi_test
