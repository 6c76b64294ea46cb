// Programs from their start to their end: sockets that systemd hands over, the code that
// runs before the first and after the last call, and a program without a shared library.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/activated_program.h"
#include "t/fastcgi_client.h"
#include "t/httpd/server.h"
#include "t/scratch_directory.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const FastCgiClient::Variables get_page = {{"REQUEST_METHOD", "GET"},
                                           {"SCRIPT_NAME", "/hello"}};

class ActivatedWorker : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        if (!sanitizer().empty())
            GTEST_SKIP() << "the worker has a sanitizer of its own";
        if (!fs::exists(words().front())) GTEST_SKIP() << "libfcgi is not there";
    }
    std::vector<std::string> words(const std::string& processes = "1") const {
        std::vector<std::string> all = {build_dir() / GetParam(), "--processes",
                                        processes};
        if (all[0].ends_with("-worker"))
            all.push_back(build_dir() / "handlers/hello.so");
        return all;
    }
    std::string said() const { return read_file(directory / "log"); }

    ScratchDirectory directory;
};

TEST_P(ActivatedWorker, ServesTheSocketOfSystemd) {
    for (const char* processes : {"1", "3"}) {
        ActivatedProgram program(words(processes), directory / "log");
        for (int i = 0; i < 3; ++i) {
            FastCgiClient client(program.port());
            EXPECT_THAT(client.ask(get_page).out, HasSubstr("<h1>Hello, world</h1>"));
        }
        EXPECT_EQ(program.end(), 0) << said();
    }
    EXPECT_EQ(said(), "");
}

// The variables go on to whoever it starts: sd_listen_fds(3) has the process say so.
TEST_P(ActivatedWorker, LeavesASocketThatIsSomebodyElses) {
    ActivatedProgram program(words(), directory / "log", {}, false);
    EXPECT_NE(program.wait(), -1);
    EXPECT_FALSE(FastCgiClient(program.port()).connected());
}

INSTANTIATE_TEST_SUITE_P(Programs, ActivatedWorker,
                         ::testing::Values("bin/cppcgi-worker", "fcgi/hello.fcgi"),
                         [](const auto& program) {
                             return std::string(program.index == 0 ? "worker" : "own");
                         });

class ProgramLife : public ::testing::Test {
protected:
    std::string file() const { return directory / "life"; }
    std::string happened() const { return read_file(file()); }
    Exit call(std::vector<std::string> environment) const {
        environment.push_back("LIFE_FILE=" + file());
        return run({build_dir() / "t/cgi-bin/program_life.cgi"}, environment);
    }

    ScratchDirectory directory;
};

TEST_F(ProgramLife, ClassicProgramStartsBeforeItsCallAndStopsBehindIt) {
    const Exit exit = call({"GATEWAY_INTERFACE=CGI/1.1", "REQUEST_METHOD=GET"});
    EXPECT_EQ(exit.status, 0);
    EXPECT_THAT(exit.output, EndsWith("\r\n\r\n1 starts"));
    EXPECT_EQ(happened(), "start\ncall\nstop\n");
}

TEST_F(ProgramLife, FromATerminalItIsTheSame) {
    EXPECT_THAT(call({}).output, EndsWith("1 starts"));
    EXPECT_EQ(happened(), "start\ncall\nstop\n");
}

TEST_F(ProgramLife, ClassicProgramThatCannotStartIs503AndALine) {
    const Exit exit =
        call({"GATEWAY_INTERFACE=CGI/1.1", "REQUEST_METHOD=GET", "LIFE_FAILS=yes"});
    EXPECT_THAT(exit.output, HasSubstr("Status: 503 Service Unavailable\r\n"));
    EXPECT_THAT(exit.output,
                HasSubstr("CPPCGI0223: program program_life: its "
                          "CPPCGI_CHILD_START threw std::runtime_error: no "
                          "database;"));
    EXPECT_EQ(happened(), "");
}

TEST_F(ProgramLife, WorkerStartsOnceBeforeItsFirstCallAndStopsBehindItsLast) {
    const std::string program = build_dir() / "t/fcgi/program_life.fcgi";
    if (!fs::exists(program)) GTEST_SKIP() << "libfcgi is not there";
    if (!sanitizer().empty()) GTEST_SKIP() << "the worker has a sanitizer of its own";
    ActivatedProgram worker({program}, directory / "log", {"LIFE_FILE=" + file()});
    {
        FastCgiClient client(worker.port());
        for (int i = 0; i < 2; ++i)
            EXPECT_THAT(client.ask(get_page).out, EndsWith("\r\n\r\n1 starts"));
    }
    EXPECT_EQ(worker.end(), 0);
    EXPECT_EQ(happened(), "start\ncall\ncall\nstop\n");
    ActivatedProgram broken({program}, directory / "log", {"LIFE_FAILS=yes"});
    EXPECT_EQ(broken.wait(), 2);
    EXPECT_THAT(
        read_file(directory / "log"),
        HasSubstr("its CPPCGI_CHILD_START threw std::runtime_error: no database"));
}

class StaticProgram : public HttpdTest {
protected:
    void SetUp() override {
        if (!sanitizer().empty())
            GTEST_SKIP() << "a sanitizer links nothing statically";
        if (!fs::exists(build_dir() / "bin/cppcgi"))
            GTEST_SKIP() << "the cppcgi command is not built";
        for (const char* archive : {"libc.a", "libcrypto.a"}) {
            const std::string flag = std::string("-print-file-name=") + archive;
            if (!run({"c++", flag}).output.starts_with('/'))
                GTEST_SKIP() << "there is no " << archive;
        }
    }
};

TEST_P(StaticProgram, RunsAsAScript) {
    server.write("bin/trouble.cgi", "");  // with its folder
    const Exit built =
        run({build_dir() / "bin/cppcgi", "build", "--cgi", "--flag=-static", "-o",
             server.root() / "bin/trouble.cgi", source_dir() / "t/handlers/trouble.cc"},
            {"CXXFLAGS=-O0"});
    ASSERT_EQ(built.status, 0) << built.output;
    fs::permissions(server.root() / "bin/trouble.cgi", fs::perms(0755));
    // No interpreter, so nothing that is shared.
    EXPECT_EQ(
        run({"readelf", "-l", server.root() / "bin/trouble.cgi"}).output.find("INTERP"),
        std::string::npos);
    server.start("ScriptAlias /bin ${ROOT}/bin\n");
    const std::string url = "/bin/trouble.cgi/";
    EXPECT_EQ(client().get(url + "created").status, 201);
    EXPECT_EQ(client().get(url + "large?300000").body, std::string(300000, 'x'));
    EXPECT_EQ(client().get(url + "exception").status, 500);
    server.claim("CPPCGI0203: handler trouble threw std::out_of_range: nothing");
}

CPPCGI_ON_EVERY_MPM(StaticProgram);

}  // namespace
}  // namespace cppcgi_test
