// Every provoked fault has its own number, its message has the true cause and a remedy, and
// `cppcgi doctor` finds the same number without being told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cppcgi/abi.h>

#include <cstring>
#include <set>

#include "t/httpd/scripts.h"
#include "t/test_library.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string doctor_program() { return build_dir() / "bin/cppcgi"; }

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

class FaultTable : public ScriptTest {
protected:
    // What the doctor says of a file; "" where the command is not built.
    std::string doctor(const std::string& file, std::vector<std::string> more = {}) {
        if (!fs::exists(doctor_program())) return {};
        std::vector<std::string> words = {doctor_program(), "doctor", file};
        if (!Server::user().empty()) {
            words.push_back("--user");
            words.push_back(Server::user());
        }
        words.insert(words.end(), more.begin(), more.end());
        const Exit exit = run(words);
        EXPECT_EQ(exit.status, 1) << exit.output;
        return exit.output;
    }

    void expect_diagnosis(const std::string& file, const std::string& number,
                          const std::vector<std::string>& more = {}) {
        const std::string said = doctor(file, more);
        if (said.empty()) return;
        EXPECT_THAT(said, ::testing::ContainsRegex("FAULT[^\n]*" + number)) << file;
    }

    void provoke(const ScriptRow& row) {
        SCOPED_TRACE(row.name + ", " + row.number);
        server.write("docroot/" + row.name, row.text, row.mode);
        const Reply reply = client().get("/" + row.name);
        EXPECT_TRUE(reply.status >= 400 || reply.code != CURLE_OK) << reply.status;
        server.claim(row.number + ": .*" + row.cause +
                     (row.remedy.empty() ? "" : ".*" + row.remedy));
        EXPECT_TRUE(numbers_.insert(row.number).second) << "twice";
        expect_diagnosis(server.docroot() / row.name, row.number);
    }

    std::set<std::string> numbers_;
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
        {"killed.cgi", "#!/bin/sh\nkill -SEGV $$\n", "CPPCGI0409", "signal 11", ""},
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
    server.write("docroot/breaks.cgi", head("A: b\\n\\nbody") + "kill -9 $$\n", 0755);
    const Reply broken = client().get("/breaks.cgi");
    EXPECT_TRUE(broken.code != CURLE_OK || broken.status == 500);
    server.claim("CPPCGI0402: .*signal 9");
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
        if (!fs::exists(doctor_program())) return;
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

TEST_P(FaultTable, LibrariesThatAreRefused) {
    const std::string probe = read_file(build_dir() / "t/handlers/probe.so");
    const auto with_card = [&](auto change) {
        std::string file = probe;
        const std::size_t at = file.find(std::string_view(CPPCGI_CARD_MAGIC, 8));
        cppcgi_card card;
        std::memcpy(&card, file.data() + at, sizeof card);
        change(card);
        std::memcpy(file.data() + at, &card, sizeof card);
        return file;
    };
    std::string foreign = probe;
    foreign[18] = 21;
    const auto refuse = [&](const std::string& file, const std::string& number,
                            const std::string& cause) {
        SCOPED_TRACE(file + ", " + number);
        const Exit exit = server.configtest("CppCGILibrary " + file + "\n");
        EXPECT_EQ(exit.status, 1);
        EXPECT_THAT(exit.output, HasSubstr(number + ": "));
        EXPECT_THAT(exit.output, ::testing::ContainsRegex(cause));
        EXPECT_TRUE(numbers_.insert(number).second) << "twice";
        expect_diagnosis(file, number);
    };
    const auto write = [&](const std::string& name, const std::string& bytes,
                           unsigned mode = 0644) {
        return server.write("lib/" + name, bytes, mode).native();
    };
    const std::string root = server.root().native() + "/";
    refuse(root + "nowhere.so", "CPPCGI0100", "check the path");
    refuse(write("text.so", "#!/bin/sh\n"), "CPPCGI0103", "text.so");
    refuse(write("foreign.so", foreign), "CPPCGI0104", "this machine");
    refuse(write("program.so", read_file(build_dir() / "cgi-bin/hello.cgi")),
           "CPPCGI0105", "program");
    refuse(write("cut.so", probe.substr(0, probe.size() / 2)), "CPPCGI0106", "copy");
    refuse(write("empty.so", read_file(build_dir() / "lib/libcppcgi.so.1")),
           "CPPCGI0107", "CPPCGI_HANDLER");
    refuse(write("card.so", with_card([](cppcgi_card& card) { card.size = 77; })),
           "CPPCGI0108", "rebuild");
    refuse(write("abi.so", with_card([](cppcgi_card& card) { card.abi = 2; })),
           "CPPCGI0109", "ABI 2");
    refuse(write("tools.so", with_card([](cppcgi_card& card) {
                     std::strcpy(card.toolchain, "libc\\+\\+,abi1,plain,64");
                 })),
           "CPPCGI0110", "libc..*abi1");
    refuse(
        write("flags.so", with_card([](cppcgi_card& card) { card.flags = 1u << 30; })),
        "CPPCGI0111", "upgrade");
    refuse(write("open.so", probe, 0666), "CPPCGI0115", "chmod o-w");
    std::string needs = probe;
    const std::size_t name = needs.find("libcppcgi.so.1");
    needs.replace(name, 6, "libqqc");
    refuse(write("needs.so", needs), "CPPCGI0116", "libqqc");
    compile(library_preamble +
                "int defined_nowhere();\nCARD(incomplete)\n"
                "ENTRY(incomplete) { outcome->status = "
                "defined_nowhere(); }\n",
            root + "lib/incomplete.so");
    refuse(root + "lib/incomplete.so", "CPPCGI0117", "defined_nowhere");
    compile(library_preamble + "CARD(absent)\n", root + "lib/absent.so");
    refuse(root + "lib/absent.so", "CPPCGI0120", "cppcgi_entry_absent|entry");
    const std::string handlers = build_dir() / "t/handlers";
    refuse(handlers + "/constructor_exits.so", "CPPCGI0121", "exit");
    refuse(handlers + "/constructor_crashes.so", "CPPCGI0122", "crash|signal");
    EXPECT_EQ(numbers_.size(), 16u);
}

TEST_P(FaultTable, HandlersThatFail) {
    start(R"(
CppCGILibrary ${TEST_HANDLERS}/trouble.so
<Location /t>
CppCGIHandler trouble
</Location>
<Location /form>
CppCGIHandler trouble:form
CppCGIMaxBody 2000
CppCGIMaxField 100
CppCGIMaxFile 200
CppCGIMaxFields 3
CppCGIMaxPartHeader 300
CppCGIMaxNesting 0
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
        EXPECT_TRUE(numbers_.insert(line.substr(0, 10)).second) << "twice";
    };
    provoke_get("/t/error?418", "CPPCGI0201: .*trouble:trouble answered 418: as asked");
    provoke_get("/t/exception",
                "CPPCGI0203: .*std::out_of_range: nothing there; report .*; catch it");
    provoke_get("/t/odd", "CPPCGI0204: .*OfNoKnownKind.*derived from");
    provoke_get("/path/more", "CPPCGI0207: .*AcceptPathInfo Off.*turn it on");
    provoke_get("/t/split", "CPPCGI0210: .*X-Split.*check what");
    provoke_get("/t/too-short", "CPPCGI0211: .*less; leave the header out");
    const auto limit = [&](const std::vector<Part>& parts, const std::string& name,
                           const Headers& headers = {}) {
        const Reply reply = client().upload("/form", parts, headers);
        EXPECT_TRUE(reply.status == 413 || reply.status == 400 || reply.status == 431)
            << name << ": " << reply.status;
        server.claim("CPPCGI0202: .*" + name + " is [0-9]+ here, raise it");
    };
    limit({{.name = "a", .data = std::string(3000, 'x')}}, "CppCGIMaxBody");
    limit({{.name = "a", .data = std::string(150, 'x')}}, "CppCGIMaxField");
    limit({{.name = "a", .data = "", .filename = "x", .filler = 300}}, "CppCGIMaxFile");
    limit({{.name = "a", .data = "1"},
           {.name = "b", .data = "2"},
           {.name = "c", .data = "3"},
           {.name = "d", .data = "4"}},
          "CppCGIMaxFields");
    limit({{.name = std::string(400, 'n'), .data = "1"}}, "CppCGIMaxPartHeader");
    const std::string nested =
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n"
        "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n"
        "Content-Disposition: file; filename=\"x\"\r\n\r\n1\r\n--c--\r\n--b--\r\n";
    client().post("/form", nested, {"Content-Type: multipart/form-data; boundary=b"});
    server.claim("CPPCGI0202: .*CppCGIMaxNesting is 0 here, raise it");
    EXPECT_EQ(client().post("/body", std::string(100, 'x')).status, 413);
    server.claim("CPPCGI0208: .*LimitRequestBody, raise it");
    server.log().allow("AH01588|AH00569");
}

TEST_P(FaultTable, HandlersThatEndTheirChild) {
    if (!sanitizer().empty())
        GTEST_SKIP() << "the sanitizer reports these faults itself";
    start(
        "CppCGILibrary ${TEST_HANDLERS}/crash.so\n"
        "<Location /c>\nCppCGIHandler crash:null_write null_write\n"
        "CppCGIHandler crash:division division\n"
        "CppCGIHandler crash:abort_call abort_call\n"
        "CppCGIHandler crash:terminate terminate\n"
        "CppCGIHandler crash:stack_overflow stack_overflow\n</Location>\n");
    server.log().allow("exit signal|AH10392|CPPCGI0510: (  #|lines)");
    for (const auto& [handler, cause] :
         std::vector<std::pair<std::string, std::string>>{
             {"null_write", "SIGSEGV .*at address 0x0"},
             {"division", "SIGFPE .*division by zero"},
             {"abort_call", "SIGABRT .*abort"},
             {"terminate", "std::terminate was called for .*thrown by a destructor"},
             {"stack_overflow", "SIGSEGV .*stack is used up"}}) {
        EXPECT_NE(client().get("/c/" + handler).code, CURLE_OK);
        server.claim("CPPCGI0510: .*" + cause);
    }
}

CPPCGI_ON_EVERY_MPM(FaultTable);

}  // namespace
}  // namespace cppcgi_test
