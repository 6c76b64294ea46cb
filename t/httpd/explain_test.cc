// The server says what serves a URL and why, which settings hold there and where each was
// written, and runs nothing for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* site = R"(
CppCGILibrary ${HANDLERS}/hello.so
<Location /status>
SetHandler cppcgi-status
</Location>
CppCGIMaxField 2M
<Location /hello>
CppCGIHandler hello
CppCGIMaxBody 5M
CppCGIErrorReport both ${ROOT}/run
</Location>
<Location /hello/other>
SetHandler default-handler
</Location>
<Location /shut>
CppCGIHandler hello
Require all denied
</Location>
<Directory ${DOCROOT}/cgi>
Options +ExecCGI
AddHandler cgi-script .cgi
AllowOverride All
CppCGITimeout 7
</Directory>
<Directory ${DOCROOT}/off>
AddHandler cgi-script .cgi
</Directory>
)";

class Explain : public HttpdTest {
protected:
    void start() {
        const std::string ran = (server.root() / "ran").native();
        server.write("docroot/cgi/run.cgi", "#!/bin/sh\ntouch " + ran + "\n", 0755);
        server.write("docroot/cgi/mode.cgi", "#!/bin/sh\n", 0644);
        server.write("docroot/cgi/.htaccess", "CppCGIHandler hello moved.cgi\n");
        server.write("docroot/off/run.cgi", "#!/bin/sh\n", 0755);
        server.write("docroot/page.html", "page");
        server.start(site);
    }
    std::string ask(const std::string& url) {
        return client().get("/status?explain=" + url + "&text").body;
    }
    // The line of a file that an answer names as the place of a directive.
    std::string line_at(const std::string& answer, const std::string& directive) {
        std::smatch found;
        const std::regex place(directive + R"([^\n]*\(([^():]+):([0-9]+)\))");
        if (!std::regex_search(answer, found, place)) return "no place in: " + answer;
        std::istringstream lines(read_file(found[1].str()));
        std::string line;
        for (int i = std::stoi(found[2].str()); i > 0; --i) std::getline(lines, line);
        return line;
    }
};

TEST_P(Explain, AHandlerWithThePlaceOfItsRegistration) {
    start();
    const std::string answer = ask("/hello/more?query");
    EXPECT_THAT(answer, HasSubstr("served by: handler hello:hello\n"));
    EXPECT_THAT(answer, HasSubstr("in <Location \"/hello\">"));
    EXPECT_EQ(line_at(answer, "CppCGIHandler hello"), "CppCGIHandler hello");
    EXPECT_THAT(answer, HasSubstr("SCRIPT_NAME: /hello\nPATH_INFO: /more\n"));
}

TEST_P(Explain, EachSettingWithItsPlaceOrDefault) {
    start();
    const std::string answer = ask("/hello");
    EXPECT_THAT(answer, HasSubstr("CppCGIMaxBody 5242880 ("));
    EXPECT_EQ(line_at(answer, "CppCGIMaxBody"), "CppCGIMaxBody 5M");
    EXPECT_EQ(line_at(answer, "CppCGIMaxField"), "CppCGIMaxField 2M");
    EXPECT_THAT(answer, HasSubstr("CppCGIMaxFile 67108864 (default)\n"));
    EXPECT_EQ(line_at(ask("/cgi/run.cgi"), "CppCGITimeout"), "CppCGITimeout 7");
    EXPECT_THAT(answer, HasSubstr("CppCGIErrorReport both " +
                                  (server.root() / "run (").native()));
    EXPECT_EQ(line_at(answer, "CppCGIErrorReport"),
              "CppCGIErrorReport both ${ROOT}/run");
    EXPECT_THAT(ask("/cgi/moved.cgi"), HasSubstr("CppCGIErrorReport off (default)\n"));
}

TEST_P(Explain, AScriptWithoutRunningIt) {
    start();
    const std::string answer = ask("/cgi/run.cgi/path");
    EXPECT_THAT(answer, HasSubstr("served by: script " +
                                  (server.docroot() / "cgi/run.cgi").native()));
    EXPECT_THAT(answer, HasSubstr("no CppCGIHandler matches"));
    EXPECT_THAT(answer, HasSubstr("ExecCGI: on\n"));
    EXPECT_THAT(answer, Not(HasSubstr("fault:")));
    EXPECT_FALSE(std::filesystem::exists(server.root() / "ran"));
}

TEST_P(Explain, WhyAScriptWouldNotRun) {
    start();
    EXPECT_THAT(ask("/cgi/mode.cgi"), HasSubstr("fault: CPPCGI0355: "));
    EXPECT_THAT(ask("/cgi/none.cgi"), HasSubstr("fault: CPPCGI0303: "));
    const std::string answer = ask("/off/run.cgi");
    EXPECT_THAT(answer, HasSubstr("fault: CPPCGI0301: "));
    EXPECT_THAT(answer, HasSubstr("ExecCGI: off\n"));
}

TEST_P(Explain, ARegistrationOfHtaccess) {
    start();
    const std::string answer = ask("/cgi/moved.cgi");
    EXPECT_THAT(answer, HasSubstr("served by: handler hello:hello\n"));
    EXPECT_EQ(line_at(answer, "CppCGIHandler hello"), "CppCGIHandler hello moved.cgi");
}

TEST_P(Explain, WhatIsNotOurs) {
    start();
    EXPECT_THAT(ask("/page.html"), HasSubstr("served by: httpd's default handler\n"));
    EXPECT_THAT(ask("/hello/other"), HasSubstr("another SetHandler wins over it"));
    EXPECT_THAT(ask("/status"), HasSubstr("served by: cppcgi-status\n"));
}

TEST_P(Explain, NothingOfAUrlThatTheReaderMayNotHave) {
    start();
    const std::string answer = ask("/shut/in");
    EXPECT_THAT(answer, HasSubstr("status: 403\n"));
    EXPECT_THAT(answer, Not(HasSubstr("hello")));
    server.claim("AH01630");
    EXPECT_EQ(client().get("/status?explain=no-path").status, 400);
    EXPECT_EQ(client().get("/status?explain=%zz").status, 400);
}

TEST_P(Explain, EscapesTheUrl) {
    start();
    const std::string page = client().get("/status?explain=/<b>%0a\"").body;
    EXPECT_THAT(page, Not(HasSubstr("<b>")));
    EXPECT_THAT(client().get("/status?explain=/a%0ab%1b&text").body,
                HasSubstr("URL: /a?b?\n"));
    EXPECT_THAT(client().get("/status?explain=/a%22&json").body,
                HasSubstr("\"url\":\"/a\\\"\""));
    // No UTF-8.
    EXPECT_THAT(client().get("/status?explain=/a%ffb&json").body,
                HasSubstr("\"url\":\"/a\xef\xbf\xbd"
                          "b\""));
}

CPPCGI_ON_EVERY_MPM(Explain);

class DroppedHeaders : public HttpdTest {};

TEST_P(DroppedHeaders, AreNamedOnceAtLevelInfo) {
    server.write("docroot/run.cgi", "#!/bin/sh\nprintf 'Status: 204\\n\\n'\n", 0755);
    const std::string config = std::string(site) +
                               "<Directory ${DOCROOT}>\nOptions +ExecCGI\n"
                               "AddHandler cgi-script .cgi\n</Directory>\n";
    // One child, so that once a child is once.
    const std::string one_child =
        server.threaded() ? "ServerLimit 1\nStartServers 1\nMaxRequestWorkers 16\n"
                          : "ServerLimit 1\nStartServers 1\nMaxRequestWorkers 1\n";
    server.start(one_child + config + "LogLevel cppcgi:info\n");
    server.log().allow("AH00161");
    for (int i = 0; i < 3; ++i) {
        client().get("/hello", {"X_Under: 1", "X.Dot: 2", "X-Fine: 3"});
        client().get("/run.cgi", {"X_Under: 1", "Of_Script: 1"});
    }
    server.log().claim("CPPCGI0640.*\"Of_Script\"");
    EXPECT_EQ(server.log().count("CPPCGI0640.*\"X_Under\""), 1u);
    EXPECT_EQ(server.log().count("CPPCGI0640.*\"X.Dot\""), 1u);
    EXPECT_EQ(server.log().count("CPPCGI0640.*\"Of_Script\""), 1u);
    EXPECT_EQ(server.log().count("CPPCGI0640"), 3u);
    // A bounded number of names.
    for (int i = 0; i < 300; ++i)
        client().get("/hello", {"N_" + std::to_string(i) + ": 1"});
    EXPECT_EQ(server.log().count("CPPCGI0640"), 256u);
}

CPPCGI_ON_EVERY_MPM(DroppedHeaders);

}  // namespace
}  // namespace cppcgi_test
