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
            " CppCGIHandler crash:exit_call exit_call\n"
            " CppCGIHandler crash:underscore_exit underscore_exit\n"
            " CppCGIHandler crash:hanging_report hanging_report\n"
            " CppCGIHandler crash:in_a_thread in_a_thread\n"
            " CppCGIHandler crash:fine fine\n"
            " CppCGIParam error_log ${ROOT}/error.log\n"
            "</Location>\n");
    }

    // The report of one request, all its lines; the server must serve on.
    std::string report_of(const std::string& handler) {
        const Reply reply = client().get("/crash/" + handler);
        EXPECT_NE(reply.code, CURLE_OK) << "the client sees a broken connection";
        EXPECT_NE(server.claim("CPPCGI051[0-7]: SIG.*crash:" + handler), "");
        server.log().allow("CPPCGI051[0-7]: (  #|lines)");
        std::string report;
        for (const std::string& line : server.log().lines())
            if (line.find("CPPCGI051") != std::string::npos) report += line + '\n';
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

TEST_P(Crash, ByExitIsReported) {
    EXPECT_NE(client().get("/crash/exit_call").code, CURLE_OK);
    server.claim(
        "CPPCGI0511: exit\\(\\) was called in handler crash:exit_call while it served "
        "\"GET /crash/exit_call HTTP/1.1\"");
    const std::string lines =
        server.claim("CPPCGI0511: lines: addr2line -Cfipe .*/crash.so 0x");
    server.log().allow("CPPCGI0511:   #");
    const Exit places = run({"/bin/sh", "-c", lines.substr(lines.find("addr2line"))});
    EXPECT_NE(places.output.find("exit_call"), std::string::npos) << places.output;
    EXPECT_EQ(client().get("/crash/fine").body, "fine");
}

// Nothing can be said of it, and nothing has to be: the server starts another child.
TEST_P(Crash, ByUnderscoreExitLeavesTheServerServing) {
    EXPECT_NE(client().get("/crash/underscore_exit").code, CURLE_OK);
    EXPECT_EQ(client().get("/crash/fine").body, "fine");
}

TEST_P(Crash, WhoseReportHangsEndsAllTheSame) {
    const Reply reply = client().get("/crash/hanging_report");
    EXPECT_NE(reply.code, CURLE_OK);
    EXPECT_NE(reply.code, CURLE_OPERATION_TIMEDOUT);
    server.claim("exit signal Alarm clock");
    server.log().allow("AH10392: children are killed successively");
    EXPECT_EQ(client().get("/crash/fine").body, "fine");
}

TEST_P(Crash, OutsideAHandlerIsLeftToTheServer) {
    EXPECT_NE(client().get("/crash/in_a_thread").code, CURLE_OK);
    server.claim("exit signal Segmentation fault");
    server.log().allow("AH10392: children are killed successively");
    EXPECT_EQ(server.log().count("CPPCGI051[0-7]"), 0u);
    EXPECT_EQ(client().get("/crash/fine").body, "fine");
}

TEST_P(Crash, BreaksOffOneStreamOfHttp2AndTheServerGoesOn) {
    if (!server.threaded()) GTEST_SKIP() << "mod_http2 asks for threads";
    server.stop();
    server.load("http2");
    server.start(
        "Protocols h2c http/1.1\nCppCGILibrary ${TEST_HANDLERS}/crash.so\n"
        "<Location /crash>\n CppCGIHandler crash:stack_overflow stack_overflow\n"
        " CppCGIHandler crash:fine fine\n</Location>\n");
    Question question{.path = "/crash/stack_overflow",
                      .version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE};
    EXPECT_NE(client().send(question).code, CURLE_OK);
    server.claim("CPPCGI0517: SIGSEGV.*\"GET /crash/stack_overflow HTTP/2.0\"");
    server.log().allow("CPPCGI0517|exit signal|AH10392");
    question.path = "/crash/fine";
    EXPECT_EQ(client().send(question).body, "fine");
}

CPPCGI_ON_EVERY_MPM(Crash);

}  // namespace
}  // namespace cppcgi_test
