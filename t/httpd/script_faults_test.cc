// A script that cannot be started: its status, and the cause in the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

class ScriptFaults : public ScriptTest {};

TEST_P(ScriptFaults, CarriageReturnBehindTheInterpreterIsNamed) {
    server.write("docroot/a.cgi", "#!/bin/sh\r\necho\r\n", 0755);
    start();
    EXPECT_EQ(client().get("/a.cgi").status, 500);
    server.claim("CPPCGI0361: .*/a.cgi");
}

TEST_P(ScriptFaults, MissingInterpreterIsNamed) {
    server.write("docroot/a.cgi", "#!/no/such/perl -w\n", 0755);
    start();
    EXPECT_EQ(client().get("/a.cgi").status, 500);
    server.claim("CPPCGI0363: .*/a.cgi.*/no/such/perl");
}

TEST_P(ScriptFaults, NoFirstLineIsNamed) {
    server.write("docroot/a.cgi", "echo hello\n", 0755);
    start();
    EXPECT_EQ(client().get("/a.cgi").status, 500);
    server.claim("CPPCGI0359: .*/a.cgi");
}

TEST_P(ScriptFaults, NotExecutableIs403AndNamesTheBit) {
    server.write("docroot/a.cgi", "#!/bin/sh\n", 0644);
    start();
    EXPECT_EQ(client().get("/a.cgi").status, 403);
    server.claim("CPPCGI0355: .*/a.cgi.*chmod");
}

TEST_P(ScriptFaults, ProgramThatEnvDoesNotFindIsNamed) {
    server.write("docroot/a.cgi", "#!/usr/bin/env no-such-program\n", 0755);
    start();
    EXPECT_EQ(client().get("/a.cgi").status, 500);
    server.claim("CPPCGI0400: .*exit code 12[67]");
    server.claim("CPPCGI0365: .*no-such-program");
    server.log().allow("CPPCGI0450");
}

TEST_P(ScriptFaults, TooLargeAnEnvironmentIsNamed) {
    script("a.cgi", "echo; echo ran");
    start("LimitRequestFieldSize 300000\nLimitRequestLine 300000\n");
    EXPECT_EQ(client().get("/a.cgi", {"X-Large: " + std::string(200000, 'x')}).status,
              500);
    server.claim("CPPCGI0373: .*HTTP_X_LARGE");
    EXPECT_EQ(client().get("/a.cgi").body, "ran\n");
}

TEST_P(ScriptFaults, LongQueryArrives) {
    script("a.cgi", "echo; echo ${#QUERY_STRING}");
    start("LimitRequestLine 200000\n");
    EXPECT_EQ(client().get("/a.cgi?q=" + std::string(100000, 'x')).body, "100002\n");
}

TEST_P(ScriptFaults, MissingFileIs404) {
    start();
    EXPECT_EQ(client().get("/none.cgi").status, 404);
    server.log().allow("CPPCGI0303|AH00128");
}

TEST_P(ScriptFaults, PathInfoIsRefusedWhereItIsOff) {
    script("a.cgi", "echo; echo $PATH_INFO");
    start("<Files a.cgi>\nAcceptPathInfo Off\n</Files>\n");
    EXPECT_EQ(client().get("/a.cgi/x").status, 404);
    server.claim("CPPCGI0306");
    EXPECT_EQ(client().get("/a.cgi").status, 200);
}

TEST_P(ScriptFaults, ResourceLimitsHoldInTheScriptOnly) {
    script("a.cgi", "echo; ulimit -t; ulimit -v");
    start("RLimitCPU 7 9\nRLimitMEM 1000000000\n");
    EXPECT_EQ(client().get("/a.cgi").body, "7\n976562\n");
}

TEST_P(ScriptFaults, FifoIsRefused) {
    start();
    ASSERT_EQ(mkfifo((server.docroot() / "a.cgi").c_str(), 0666), 0);
    EXPECT_EQ(client().get("/a.cgi").status, 403);
    server.log().allow("CPPCGI0305|AH0");
}

CPPCGI_ON_EVERY_MPM(ScriptFaults);

}  // namespace
}  // namespace cppcgi_test
