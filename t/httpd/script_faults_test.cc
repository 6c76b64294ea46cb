// A script that cannot be started: its status, and the cause in the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <fstream>

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

// One case: where it lies, what is in it, and what the log must say.
TEST_P(ScriptFaults, EachHasItsNumberWhereverTheScriptLies) {
    struct Case {
        const char* text;
        const char* message;
    };
    const Case cases[] = {
        {"", "CPPCGI0358: .*is empty"},
        {"\xef\xbb\xbf#!/bin/sh\n", "CPPCGI0360: .*byte order mark"},
        {"#!/bin/sh -e\r\necho\r\n", "CPPCGI0361: .*CR LF.*-e"},
        {"#!\necho\n", "CPPCGI0359: .*without an interpreter"},
        {"#! \t/no/such dir/perl -w\n", "CPPCGI0363: .*/no/such"},
        {"#!bin/sh\n", "CPPCGI0363: .*without its directory"},
        {"#!/etc/passwd\n", "CPPCGI0364: .*/etc/passwd"},
        {"#!/etc\n", "CPPCGI0364: .*/etc"},
        {"\x7f"
         "ELF",
         "CPPCGI0369"},
        {"MZ\x90", "CPPCGI0367: .*another operating system"},
    };
    start(
        "ScriptAlias /bin/ \"${ROOT}/bin/\"\n<Directory \"${ROOT}/bin\">\n"
        "Require all granted\n</Directory>\n"
        "<Files ~ \"^plain[0-9]+$\">\nSetHandler cgi-script\n</Files>\n");
    std::filesystem::create_directory(server.root() / "bin");
    for (std::size_t i = 0; i < std::size(cases); ++i) {
        const std::string number = std::to_string(i);
        const std::filesystem::path file =
            server.write("docroot/f" + number + ".cgi", cases[i].text, 0755);
        server.write("docroot/plain" + number, cases[i].text, 0755);
        std::filesystem::create_symlink("../docroot/f" + number + ".cgi",
                                        server.root() / "bin" / number);
        for (const std::string& url : {"/f" + number + ".cgi", "/plain" + number,
                                       "/bin/" + number, "/f" + number + ".cgi/info"}) {
            EXPECT_EQ(client().get(url).status, 500) << url << cases[i].message;
        }
        server.claim(cases[i].message);
        server.log().allow("CPPCGI0400: .*exit code 2|CPPCGI0450: .*Illegal option");
        EXPECT_GE(server.log().count(cases[i].message), 4u) << cases[i].message;
    }
}

TEST_P(ScriptFaults, InterpreterThatIsAScriptRunsOrIsExamined) {
    server.write("inner.sh", "#!/bin/sh\nexec /bin/sh \"$@\"\n", 0755);
    server.write("broken.sh", "#!/no/such/shell\n", 0755);
    const std::string root = server.root().native();
    server.write("docroot/a.cgi", "#!" + root + "/inner.sh\necho; echo ran\n", 0755);
    server.write("docroot/b.cgi", "#! " + root + "/broken.sh -x\n", 0755);
    start();
    EXPECT_EQ(client().get("/a.cgi").body, "ran\n");
    EXPECT_EQ(client().get("/b.cgi").status, 500);
    server.claim("CPPCGI0363: .*/b.cgi.*broken.sh.*/no/such/shell");
}

TEST_P(ScriptFaults, EnvWithAnArgumentIsNamed) {
    server.write("docroot/a.cgi", "#!/usr/bin/env sh -e\n", 0755);
    start();
    EXPECT_EQ(client().get("/a.cgi").status, 500);
    server.claim("CPPCGI0366: .*env -S sh -e");
    server.log().allow("CPPCGI0400|CPPCGI0450");
}

TEST_P(ScriptFaults, ProgramThatIsBeingWrittenIs503) {
    start();
    const std::filesystem::path file =
        server.install("cgi-bin/hello.cgi", "docroot/a.cgi");
    std::ofstream writer(file, std::ios::binary | std::ios::app);
    if (client().get("/a.cgi").status == 200) GTEST_SKIP() << "this kernel allows it";
    EXPECT_EQ(client().get("/a.cgi").status, 503);
    server.claim("CPPCGI0372: .*/a.cgi is open for writing");
    writer.close();
    EXPECT_EQ(client().get("/a.cgi").status, 200);
}

TEST_P(ScriptFaults, TooLargeArgumentsAreNamed) {
    script("a.cgi", "echo; echo ran");
    start("LimitRequestLine 300000\n");
    // Each of these becomes two bytes of the argument.
    EXPECT_EQ(client().get("/a.cgi?" + std::string(100000, ';')).status, 500);
    server.claim("CPPCGI0373: .*/a.cgi.*argument 1 .*200000 bytes.*CppCGIArguments");
    EXPECT_EQ(client().get("/a.cgi?a+b").body, "ran\n");
}

TEST_P(ScriptFaults, NoexecMountIsNamed) {
    start(
        "Alias /mnt \"${ROOT}/mnt\"\n<Directory \"${ROOT}/mnt\">\nRequire all granted\n"
        "Options +ExecCGI\nAddHandler cgi-script .cgi\n</Directory>\n");
    const std::filesystem::path place = server.root() / "mnt";
    std::filesystem::create_directory(place);
    if (mount("none", place.c_str(), "tmpfs", MS_NOEXEC, "mode=755") != 0)
        GTEST_SKIP() << "no mount allowed here";
    server.write("mnt/a.cgi", "#!/bin/sh\necho; echo ran\n", 0755);
    EXPECT_EQ(client().get("/mnt/a.cgi").status, 403);
    umount2(place.c_str(), MNT_DETACH);
    server.claim("CPPCGI0357: .*/mnt/a.cgi lies on .*/mnt, which is mounted noexec");
}

TEST_P(ScriptFaults, DirectoryThatMayNotBeSearchedIsRefused) {
    if (Server::user().empty()) GTEST_SKIP() << "the server's user is ours";
    script("closed/a.cgi", "echo; echo ran");
    server.write("closed/interpreter", "#!/bin/sh\n", 0755);
    server.write("docroot/b.cgi",
                 "#!" + server.root().native() + "/closed/interpreter\n", 0755);
    start();
    std::filesystem::permissions(server.docroot() / "closed",
                                 std::filesystem::perms::owner_all);
    std::filesystem::permissions(server.root() / "closed",
                                 std::filesystem::perms::owner_all);
    // httpd itself sees the first, before any module is asked.
    EXPECT_EQ(client().get("/closed/a.cgi").status, 403);
    server.claim("AH0(0035: .*search permissions are missing|0529: .*closed)");
    EXPECT_EQ(client().get("/b.cgi").status, 500);
    server.claim("CPPCGI0364: .*/b.cgi.*may not search .*/closed .*chmod o.x");
}

TEST_P(ScriptFaults, CoreDumpIsNoted) {
    script("a.cgi", "cd $W; ulimit -c unlimited; kill -SEGV $$");
    start();
    // Whether this machine writes one at all.
    const Exit probe = run({"/bin/sh", "-c",
                            "cd " + work().native() +
                                "; sh -c 'ulimit -c unlimited; kill -SEGV $$' 2>&1"});
    EXPECT_EQ(client().get("/a.cgi").status, 500);
    const std::string line =
        server.claim("CPPCGI0409: .*signal 11 .Segmentation fault");
    if (probe.output.find("core dumped") != std::string::npos &&
        Server::user().empty()) {
        EXPECT_THAT(line, ::testing::HasSubstr("core dumped"));
    }
}

CPPCGI_ON_EVERY_MPM(ScriptFaults);

}  // namespace
}  // namespace cppcgi_test
