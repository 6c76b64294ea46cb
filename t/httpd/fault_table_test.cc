// Every provoked fault has its own number, its message has the true cause and a remedy, and
// `cppcgi doctor` finds the same number without being told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/faults.h"
#include "t/httpd/raw_socket.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A script that is to fail: its bytes, and the line in the log.
struct ScriptRow {
    std::string name;
    std::string text;
    std::string number;
    std::string cause;   // a pattern behind the number
    std::string remedy;  // another, behind the cause; or ""
    unsigned mode = 0755;
};

std::string head(const std::string& text) {
    return "#!/bin/sh\nprintf '" + text + "'\n";
}

class FaultTable : public FaultTest {
protected:
    void provoke(const ScriptRow& row) {
        SCOPED_TRACE(row.name + ", " + row.number);
        server.write("docroot/" + row.name, row.text, row.mode);
        const Reply reply = client().get("/" + row.name);
        EXPECT_TRUE(reply.status >= 400 || reply.code != CURLE_OK) << reply.status;
        server.claim(row.number + ": .*" + row.cause +
                     (row.remedy.empty() ? "" : ".*" + row.remedy));
        expect_new(row.number);
        expect_diagnosis(server.docroot() / row.name, row.number);
    }
};

TEST_P(FaultTable, ScriptsThatCannotStart) {
    const std::string program = read_file(build_dir() / "cgi-bin/hello.cgi");
    std::string foreign = program;
    foreign[18] = 21;  // e_machine: 64-bit PowerPC
    std::string without_loader = program;
    without_loader.replace(without_loader.find("ld-linux"), 8, "ld-nowhe");
    std::string without_library = program;
    without_library.replace(without_library.find("libc.so.6") + 3, 1, "q");
    const std::vector<ScriptRow> rows = {
        {"mode.cgi", head(""), "CPPCGI0355", "not executable for user", "chmod", 0644},
        {"empty.cgi", "", "CPPCGI0358", "is empty", "copy it again"},
        {"line.cgi", "echo hello\n", "CPPCGI0359", "nor does it begin with #!",
         "write"},
        {"bom.cgi", "\xef\xbb\xbf#!/bin/sh\n", "CPPCGI0360", "byte order mark", "save"},
        {"cr.cgi", "#!/bin/sh\r\necho\r\n", "CPPCGI0361", "CR LF", "sed"},
        {"long.cgi", "#!/" + std::string(300, 'a') + "\n", "CPPCGI0362", "255 bytes",
         "shorten"},
        {"perl.cgi", "#!/no/such/perl\n", "CPPCGI0363", "/no/such/perl", "install"},
        {"mode2.cgi", "#!/etc/passwd\n", "CPPCGI0364", "/etc/passwd", "chmod"},
        {"foreign.cgi", foreign, "CPPCGI0367", "PowerPC|is a program for", "build"},
        {"library.cgi", read_file(build_dir() / "handlers/hello.so"), "CPPCGI0368",
         "handler library", "CppCGILibrary"},
        {"cut.cgi", program.substr(0, 20000), "CPPCGI0369", "damaged", "copy it again"},
        {"loader.cgi", without_loader, "CPPCGI0370", "ld-nowhe", "install"},
    };
    start();
    // Some start, and what they name fails.
    server.log().allow("CPPCGI0400|CPPCGI0409|CPPCGI0450");
    for (const ScriptRow& row : rows) provoke(row);
    provoke({"env.cgi", "#!/usr/bin/env no-such-program\n", "CPPCGI0365",
             "no-such-program", "install"});
    provoke(
        {"env2.cgi", "#!/usr/bin/env perl -w\n", "CPPCGI0366", "one argument", "-S"});
    provoke({"needs.cgi", without_library, "CPPCGI0371", "libq.so.6", "install"});
    EXPECT_EQ(numbers_.size(), 15u);
    if (Server::user().empty()) return;
    provoke({"read.cgi", head(""), "CPPCGI0356", "not read by user", "chmod", 0711});
    server.write("docroot/shut/a.cgi", head(""), 0755);
    fs::permissions(server.docroot() / "shut", fs::perms::owner_all);
    // httpd itself refuses what it cannot see.
    EXPECT_EQ(client().get("/shut/a.cgi").status, 403);
    server.log().allow("AH00035|AH00132|AH00529");
    expect_diagnosis(server.docroot() / "shut/a.cgi", "CPPCGI0353");
}

TEST_P(FaultTable, ScriptsThatAnswerWrong) {
    start("CppCGITimeout 700ms\n");
    server.log().allow("CPPCGI0450");
    const std::vector<ScriptRow> rows = {
        {"silent.cgi", "#!/bin/sh\nexit 3\n", "CPPCGI0400", "exit code 3", "stderr"},
        {"half.cgi", head("Content-Type: text/plain\\n"), "CPPCGI0401", "empty line",
         ""},
        {"line.cgi", head(std::string(140000, 'a') + ": b\\n\\n"), "CPPCGI0411", "",
         ""},
        {"many.cgi",
         "#!/bin/sh\ni=0; while [ $i -lt 1001 ]; do echo \"A$i: b\"; i=$((i+1)); done\n"
         "echo\n",
         "CPPCGI0413", "1000 fields", ""},
        {"huge.cgi",
         "#!/bin/sh\nl=$(printf '%0100000d' 1)\nfor i in 1 2 3 4 5 6; do echo \"A$i: "
         "$l\"; done\necho\n",
         "CPPCGI0412", "524288", "end it"},
        {"colon.cgi", head("hello world\\n\\n"), "CPPCGI0414", "hello world",
         "write headers"},
        {"name.cgi", head("A B: c\\n\\n"), "CPPCGI0415", "A B", "Name: value"},
        {"value.cgi", head("A: b\\001\\n\\n"), "CPPCGI0416", "", "Name: value"},
        {"folded.cgi", head("A: b\\n c\\n\\n"), "CPPCGI0417", "", "in one line"},
        {"http.cgi", head("HTTP/1.1 200 OK\\n\\n"), "CPPCGI0418", "", "Status: 200"},
        {"status.cgi", head("Status: fine\\n\\n"), "CPPCGI0419", "fine", "Status: 404"},
        {"early.cgi", head("Status: 103\\n\\n"), "CPPCGI0420", "103", "200 to 599"},
        {"late.cgi", head("Status: 700\\n\\n"), "CPPCGI0424", "700", "200 to 599"},
    };
    for (const ScriptRow& row : rows) provoke(row);
    EXPECT_EQ(numbers_.size(), rows.size());
    // The server's patience is a second here, the doctor's ten.
    server.write("docroot/hangs.cgi", "#!/bin/sh\nsleep 30\n", 0755);
    EXPECT_EQ(client().get("/hangs.cgi").status, 504);
    server.claim("CPPCGI0403: .*silent for 0.7 s.*CppCGITimeout");
    server.write("docroot/stops.cgi", head("A: b\\n\\nbody") + "sleep 30\n", 0755);
    EXPECT_NE(client().get("/stops.cgi").code, CURLE_OK);
    server.claim("CPPCGI0404: .*CppCGITimeout");
}

TEST_P(FaultTable, ScriptsThatMayNotRun) {
    server.write("docroot/off/a.cgi", head(""), 0755);
    server.write("docroot/none/a.cgi", head(""), 0755);
    server.write("docroot/path/a.cgi", head(""), 0755);
    server.write("docroot/a.cgi", head("Status: 204\\n\\n"), 0755);
    fs::create_directory(server.docroot() / "folder.cgi");
    start(
        "<Directory ${DOCROOT}/off>\nOptions -ExecCGI\n</Directory>\n"
        "<Directory ${DOCROOT}/none>\nCppCGIFallback none\n</Directory>\n"
        "<Directory ${DOCROOT}/path>\nAcceptPathInfo off\n</Directory>\n"
        "<Location /folder.cgi>\nSetHandler cgi-script\n</Location>\n"
        "<Location /small>\nSetHandler cgi-script\n</Location>\n"
        "<Files a.cgi>\nCppCGIMaxBody 10\n</Files>\n"
        "<Location /status>\nSetHandler cppcgi-status\n</Location>\n");
    const auto refuse = [&](const std::string& path, const std::string& line) {
        EXPECT_GE(client().get(path).status, 400) << path;
        server.claim(line);
        if (!has_doctor()) return;
        // Of a URL, the doctor asks the server.
        const Exit exit = run({doctor_program(), "doctor", server.url(path), "--no-run",
                               "--status", server.url("/status")});
        EXPECT_EQ(exit.status, 1) << exit.output;
        EXPECT_THAT(exit.output, HasSubstr("fault: " + line.substr(0, 10)));
    };
    refuse("/none/a.cgi", "CPPCGI0300: .*CppCGIFallback none.*register one");
    refuse("/off/a.cgi", "CPPCGI0301: .*ExecCGI is off.*Options .ExecCGI");
    refuse("/nowhere.cgi", "CPPCGI0303: .*no such file.*check the path");
    refuse("/folder.cgi/", "CPPCGI0304: .*is a directory.*DirectoryIndex");
    EXPECT_EQ(client().get("/path/a.cgi/more").status, 404);
    server.claim("CPPCGI0306: .*AcceptPathInfo Off");
    EXPECT_EQ(client().post("/a.cgi", std::string(100, 'x')).status, 413);
    server.claim("CPPCGI0307: .*CppCGIMaxBody 10 .*raise it");
}

TEST_P(FaultTable, HandlersThatFail) {
    start(R"(
CppCGILibrary ${TEST_HANDLERS}/trouble.so
<Location /t>
CppCGIHandler trouble
</Location>
<Location /body>
CppCGIHandler trouble:echo
LimitRequestBody 10
</Location>
<Location /path>
CppCGIHandler trouble
AcceptPathInfo off
</Location>
)");
    const auto provoke_get = [&](const std::string& path, const std::string& line) {
        const Reply reply = client().get(path);
        EXPECT_TRUE(reply.status >= 400 || reply.code != CURLE_OK) << path;
        server.claim(line);
        expect_new(line.substr(0, 10));
    };
    provoke_get("/t/error?418", "CPPCGI0201: .*trouble:trouble answered 418: as asked");
    provoke_get("/t/exception",
                "CPPCGI0203: .*std::out_of_range: nothing there; report .*; catch it");
    provoke_get("/t/odd", "CPPCGI0204: .*OfNoKnownKind.*derived from");
    provoke_get("/t/memory", "CPPCGI0209: .*std::bad_alloc.*report .*RLimitMEM");
    provoke_get("/path/more", "CPPCGI0207: .*AcceptPathInfo Off.*turn it on");
    provoke_get("/t/split", "CPPCGI0210: .*X-Split.*check what");
    provoke_get("/t/too-short", "CPPCGI0211: .*less; leave the header out");
    EXPECT_EQ(client().post("/body", std::string(100, 'x')).status, 413);
    server.claim("CPPCGI0208: .*LimitRequestBody, raise it");
    RawSocket raw(server.port());
    raw.send(
        "POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno "
        "number\r\n");
    EXPECT_THAT(raw.read_until("\r\n"), HasSubstr(" 400 "));
    server.claim("CPPCGI0213: .*its chunks are malformed.*no HTTP");
    server.log().allow("AH01588|AH00569|AH01587|AH02042");
}

TEST_P(FaultTable, RequestsThatMeetALimit) {
    const auto shut = server.root() / "shut";
    fs::create_directory(shut);
    fs::permissions(shut, fs::perms::all);
    start(R"(
CppCGILibrary ${TEST_HANDLERS}/trouble.so
CppCGISpoolDir ${ROOT}/shut
<Location /form>
CppCGIHandler trouble:form
CppCGIMaxBody 2000
CppCGIMaxField 100
CppCGIMaxFile 200
CppCGIMaxFields 3
CppCGIMaxPartHeader 300
CppCGIMaxNesting 0
</Location>
<Location /own>
CppCGIHandler trouble:bounded
CppCGIMaxMemory 10K
CppCGIMaxFields 5000
</Location>
)");
    const auto limit = [&](const std::string& number, const std::string& words,
                           const Question& question, long status = 413) {
        SCOPED_TRACE(number);
        EXPECT_EQ(client().send(question).status, status);
        server.claim(number + ": handler .* refused a request with .*" + words);
        expect_new(number);
    };
    const auto upload = [](std::vector<Part> parts) {
        return Question{.path = "/form", .method = "POST", .parts = std::move(parts)};
    };
    const auto post = [](const std::string& path, std::string body) {
        return Question{.path = path, .method = "POST", .body = std::move(body)};
    };
    const std::string raise = " is [0-9]+; raise it where such requests are wanted";
    limit("CPPCGI0202", "CppCGIMaxBody" + raise,
          upload({{.name = "a", .data = std::string(3000, 'x')}}));
    limit("CPPCGI0230", "CppCGIMaxField" + raise,
          upload({{.name = "a", .data = std::string(150, 'x')}}));
    limit("CPPCGI0231", "CppCGIMaxFile" + raise,
          upload({{.name = "a", .data = "", .filename = "x", .filler = 300}}));
    limit("CPPCGI0233", "CppCGIMaxFields" + raise, post("/form", "a&b&c&d"));
    limit("CPPCGI0234", "CppCGIMaxPartHeader" + raise,
          upload({{.name = std::string(400, 'n'), .data = "1"}}));
    Question nested = post(
        "/form",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n"
        "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n"
        "Content-Disposition: file; filename=\"x\"\r\n\r\n1\r\n--c--\r\n--b--\r\n");
    nested.headers = {"Content-Type: multipart/form-data; boundary=b"};
    limit("CPPCGI0235", "CppCGIMaxNesting" + raise, nested);
    std::string many;
    for (int i = 0; i < 3000; ++i) many += "a=1&";
    limit("CPPCGI0232", "CppCGIMaxMemory" + raise, post("/own", many));
    limit("CPPCGI0236",
          "max_num_fields is 2; the handler says so itself, raise it there",
          post("/own/fields", "a=1&b=2&c=3"));
    limit("CPPCGI0237", "maxlen is 10; the handler says so itself, raise it there",
          post("/own/length", "a=0123456789"));
    fs::permissions(shut, fs::perms(0555));
    limit("CPPCGI0239", "\\(CppCGISpoolDir\\); give that directory room",
          post("/own", "a=" + std::string(100000, 'x')), 500);
}

TEST_P(FaultTable, HandlersThatEndTheirChild) {
    if (!sanitizer().empty())
        GTEST_SKIP() << "the sanitizer reports these faults itself";
    struct Row {
        const char* handler;
        const char* number;
        const char* cause;
    };
    const Row rows[] = {
        {"null_write", "CPPCGI0510", "SIGSEGV \\(a bad address\\) at address 0x0"},
        {"null_call", "CPPCGI0510", "SIGSEGV \\(a bad address\\) at address 0x0"},
        {"shrunk_file", "CPPCGI0512", "SIGBUS \\(a mapped file was cut short"},
        {"division", "CPPCGI0513", "SIGFPE .*division by zero"},
        {"bad_instruction", "CPPCGI0514", "SIGILL .*illegal instruction"},
        {"abort_call", "CPPCGI0515", "SIGABRT \\(abort"},
        {"terminate", "CPPCGI0516", "SIGABRT \\(std::terminate\\)"},
        {"stack_overflow", "CPPCGI0517", "SIGSEGV \\(the stack is used up"},
    };
    std::string config = "CppCGILibrary ${TEST_HANDLERS}/crash.so\n<Location /c>\n";
    for (const Row& row : rows)
        config += "CppCGIHandler crash:" + std::string(row.handler) + " " +
                  row.handler + "\n";
    start(config + "</Location>\n");
    server.log().allow("exit signal|AH10392|CPPCGI051[0-7]: (  #|lines)");
    for (const Row& row : rows) {
        EXPECT_NE(client().get("/c/" + std::string(row.handler)).code, CURLE_OK);
        server.claim(std::string(row.number) + ": " + row.cause +
                     ".*in handler crash:" + row.handler);
    }
}

TEST_P(FaultTable, ScriptsThatASignalEnds) {
    start();
    const auto killed = [&](const std::string& signal, const std::string& before,
                            const std::string& within, const std::string& remedy) {
        provoke({signal + ".cgi", "#!/bin/sh\nkill -" + signal + " $$\n", before,
                 "ended with signal .* before its response head was whole", remedy});
        server.write("docroot/half" + signal + ".cgi",
                     head("A: b\\n\\nbody") + "kill -" + signal + " $$\n", 0755);
        const Reply broken = client().get("/half" + signal + ".cgi");
        EXPECT_TRUE(broken.code != CURLE_OK || broken.status == 500);
        server.claim(within + ": .*within its response; .*" + remedy);
        expect_new(within);
        expect_diagnosis(server.docroot() / ("half" + signal + ".cgi"), within);
    };
    killed("SEGV", "CPPCGI0409", "CPPCGI0402", "it crashed");
    killed("XCPU", "CPPCGI0427", "CPPCGI0429", "RLimitCPU");
    killed("KILL", "CPPCGI0428", "CPPCGI0430", "somebody killed it");
}

CPPCGI_ON_EVERY_MPM(FaultTable);

}  // namespace
}  // namespace cppcgi_test
