// cppcgi doctor, limits and status against files and a running server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class DoctorCommand : public ScriptTest {
protected:
    void SetUp() override {
        if (!fs::exists(program())) GTEST_SKIP() << "built without CLI11";
    }
    static std::string program() { return build_dir() / "bin/cppcgi"; }
    Exit cppcgi(std::vector<std::string> words) {
        words.insert(words.begin(), program());
        return run(words);
    }
    Exit doctor(const std::string& what, std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"doctor", what});
        if (!Server::user().empty()) {
            more.push_back("--user");
            more.push_back(Server::user());
        }
        return cppcgi(more);
    }
};

TEST_P(DoctorCommand, RunsAScriptOnceAndShowsWhatItSays) {
    const std::string file =
        server.write("docroot/a.cgi",
                     "#!/bin/sh\necho Content-Type: text/plain\n"
                     "echo\necho $REQUEST_METHOD $GATEWAY_INTERFACE\n"
                     "id -un\necho \"a warning\" >&2\n",
                     0755);
    const Exit exit = doctor(file);
    EXPECT_EQ(exit.status, 0) << exit.output;
    EXPECT_THAT(exit.output, HasSubstr("head: Content-Type: text/plain\n"));
    EXPECT_THAT(exit.output, HasSubstr("page: GET CGI/1.1\n"));
    EXPECT_THAT(exit.output, HasSubstr("stderr: a warning\n"));
    if (Server::user().empty()) return;
    EXPECT_THAT(exit.output, HasSubstr("page: " + Server::user() + "\n"));
}

TEST_P(DoctorCommand, NoRunRunsNothingAndNothingIsChanged) {
    const std::string file = server.write(
        "docroot/a.cgi", "#!/bin/sh\r\ntouch " + work().native() + "/ran\n", 0755);
    const std::string before = read_file(file);
    EXPECT_EQ(doctor(file).status, 1);
    EXPECT_EQ(read_file(file), before);
    const std::string good = server.write(
        "docroot/b.cgi", "#!/bin/sh\ntouch " + server.root().native() + "/ran\n", 0755);
    const Exit exit = doctor(good, {"--no-run"});
    EXPECT_EQ(exit.status, 0) << exit.output;
    EXPECT_FALSE(fs::exists(server.root() / "ran"));
}

TEST_P(DoctorCommand, BoundsOutputAndShowsNoControlCharacters) {
    const std::string flood =
        server.write("docroot/a.cgi",
                     "#!/bin/sh\nprintf 'A: b\\n\\n\\033[31mred\\n'\nexec yes\n", 0755);
    const Exit exit = doctor(flood);
    EXPECT_THAT(exit.output, HasSubstr("page: ?[31mred\n"));
    EXPECT_THAT(exit.output, HasSubstr("wrote more than is looked at"));
    EXPECT_LT(exit.output.size(), 10000u);
}

TEST_P(DoctorCommand, ExaminesADirectoryAndWritesJson) {
    server.write("docroot/good.cgi", "#!/bin/sh\necho; \n", 0755);
    server.write("docroot/bad.cgi", "#!/no/such/sh \"\\\n", 0755);
    server.write("docroot/page.html", "page");
    const Exit exit = doctor(server.docroot(), {"--json"});
    EXPECT_EQ(exit.status, 1);
    EXPECT_THAT(exit.output, AllOf(HasSubstr("/bad.cgi\""), HasSubstr("/good.cgi\""),
                                   Not(HasSubstr("page.html")),
                                   HasSubstr("\"number\":\"CPPCGI0363\""),
                                   HasSubstr("\"works\":true")));
}

TEST_P(DoctorCommand, AsksTheRunningServerOfAUrl) {
    script("a.cgi", "echo Content-Type: text/plain; echo; echo page");
    start(
        "CppCGILibrary ${HANDLERS}/hello.so\n"
        "<Location /hello>\nCppCGIHandler hello\nCppCGIMaxBody 7M\n</Location>\n"
        "<Location /cppcgi-status>\nSetHandler cppcgi-status\n</Location>\n");
    const Exit handler = doctor(server.url("/hello/more"));
    EXPECT_EQ(handler.status, 0) << handler.output;
    EXPECT_THAT(handler.output, HasSubstr("served by: handler hello:hello\n"));
    EXPECT_THAT(handler.output, HasSubstr("card: handler hello\n"));
    const Exit page = doctor(server.url("/a.cgi"));
    EXPECT_EQ(page.status, 0) << page.output;
    EXPECT_THAT(page.output, HasSubstr("page: page\n"));
    const Exit limits = cppcgi({"limits", server.url("/hello")});
    EXPECT_EQ(limits.status, 0) << limits.output;
    EXPECT_THAT(limits.output, ::testing::ContainsRegex(
                                   "CppCGIMaxBody 7340032 \\(.*httpd.conf:[0-9]+\\)"));
    EXPECT_THAT(cppcgi({"limits", server.url("/hello"), "--json"}).output,
                HasSubstr("\"directive\":\"CppCGIMaxBody\""));
    EXPECT_THAT(cppcgi({"status", server.url("/cppcgi-status")}).output,
                HasSubstr("\"handlers\":["));
    const Exit other =
        cppcgi({"limits", server.url("/"), "--status", server.url("/a.cgi")});
    EXPECT_EQ(other.status, 1);
    EXPECT_THAT(other.output, HasSubstr("is no status page"));
}

TEST_P(DoctorCommand, AsksAServerThatHasTlsAlone) {
    server.make_certificate();
    server.load("ssl");
    server.start(
        "SSLEngine on\nSSLCertificateFile ${ROOT}/tls.crt\n"
        "SSLCertificateKeyFile ${ROOT}/tls.key\n"
        "CppCGILibrary ${HANDLERS}/hello.so\n"
        "<Location /hello>\nCppCGIHandler hello\nCppCGIMaxBody 7M\n</Location>\n"
        "<Location /cppcgi-status>\nSetHandler cppcgi-status\n</Location>\n");
    const std::string url =
        "https://127.0.0.1:" + std::to_string(server.port()) + "/hello";
    const Exit handler = doctor(url);
    EXPECT_EQ(handler.status, 0) << handler.output;
    EXPECT_THAT(handler.output, HasSubstr("served by: handler hello:hello\n"));
    EXPECT_THAT(cppcgi({"limits", url}).output, HasSubstr("CppCGIMaxBody 7340032 ("));
    // Without TLS there it says what is wrong.
    const Exit plain = doctor(server.url("/hello"));
    EXPECT_EQ(plain.status, 1);
    EXPECT_THAT(plain.output, HasSubstr("answers 400"));
}

TEST_P(DoctorCommand, ExaminesTheExamplesWithoutAFault) {
    const Exit exit = doctor(server.handlers());
    EXPECT_EQ(exit.status, 0) << exit.output;
    EXPECT_THAT(exit.output,
                HasSubstr("open: a process of the server's user has opened"));
}

INSTANTIATE_TEST_SUITE_P(Once, DoctorCommand, ::testing::Values("event"));

}  // namespace
}  // namespace cppcgi_test
