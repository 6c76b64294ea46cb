#include "host/checker.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "host/private_copy.h"
#include "t/scratch_directory.h"
#include "t/test_library.h"

namespace cppcgi::host {
namespace {

using namespace std::chrono_literals;
using cppcgi_test::compile;
using cppcgi_test::handler_source;
using cppcgi_test::library_preamble;
using cppcgi_test::ScratchDirectory;

class CheckerTest : public ::testing::Test {
protected:
    // A library whose constructor is BODY.
    void build(const std::string& body) {
        compile(
            "#include <csignal>\n#include <cstdio>\n#include <cstdlib>\n"
            "#include <unistd.h>\n" +
                handler_source("one") + "static int start() {" + body +
                " return 0; }\nint started = start();\n",
            file_);
    }
    LibraryFault check() {
        CopyResult copy = make_private_copy(file_);
        EXPECT_FALSE(copy.fault) << copy.fault.text;
        request_.file = file_;
        request_.fd = copy.copy.fd;
        if (request_.cards.empty())
            request_.cards = read_cards(copy.copy.fd, file_).cards;
        LibraryFault fault = check_library(request_);
        ::close(copy.copy.fd);
        EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was left";
        return fault;
    }
    std::string rest_of(const LibraryFault& fault) {
        EXPECT_EQ(fault.text.compare(0, file_.size(), file_), 0) << fault.text;
        return fault.text.substr(std::min(file_.size(), fault.text.size()));
    }

    ScratchDirectory directory_;
    std::string file_ = directory_ / "one.so";
    CheckRequest request_;
};

TEST_F(CheckerTest, GoodLibraryHasNoFault) {
    build("");
    EXPECT_EQ(check().text, "");
}

TEST_F(CheckerTest, ConstructorsRunInAnotherProcessOnly) {
    build("FILE* f = std::fopen(\"" + (directory_ / "pid") +
          "\", \"a\"); std::fprintf(f, \"%d\\n\", int(getpid())); std::fclose(f);");
    EXPECT_EQ(check().text, "");
    std::string pid = ScratchDirectory::read(directory_ / "pid");
    EXPECT_GT(std::atoi(pid.c_str()), 0);
    EXPECT_NE(pid, std::to_string(::getpid()) + "\n");
    EXPECT_EQ(pid.find('\n'), pid.size() - 1) << "ran more than once: " << pid;
}

TEST_F(CheckerTest, UndefinedSymbolIsTheLoadersSentence) {
    compile("extern \"C\" void nowhere();" + library_preamble +
                "CARD(one) ENTRY(one) { nowhere(); }",
            file_);
    LibraryFault fault = check();
    EXPECT_EQ(fault.cause, LibraryCause::undefined_symbol);
    EXPECT_EQ(rest_of(fault).find(" cannot be opened: undefined symbol: nowhere;"), 0u);
}

TEST_F(CheckerTest, EachCardNeedsItsEntry) {
    build("");
    request_.cards = {{"one", 0}, {"Kelvin", 0}};
    LibraryFault fault = check();
    EXPECT_EQ(fault.cause, LibraryCause::no_entry);
    EXPECT_NE(fault.text.find("does not export cppcgi_entry_Kelvin: build"),
              std::string::npos)
        << fault.text;
}

// The thread sanitizer puts an exit status of its own in place of one given in dlopen.
#if defined(__SANITIZE_THREAD__)
constexpr bool exit_status_is_kept = false;
#elif defined(__has_feature)
constexpr bool exit_status_is_kept = !__has_feature(thread_sanitizer);
#else
constexpr bool exit_status_is_kept = true;
#endif

TEST_F(CheckerTest, ExitInAConstructorIsNoSuccess) {
    if (!exit_status_is_kept) GTEST_SKIP() << "the thread sanitizer changes it";
    build("std::exit(0);");
    LibraryFault fault = check();
    EXPECT_EQ(fault.cause, LibraryCause::check_exited);
    EXPECT_EQ(
        rest_of(fault).find(": its static constructors ended the checking process "
                            "with exit status 0,"),
        0u)
        << fault.text;
    build("_exit(3);");
    EXPECT_NE(check().text.find("with exit status 3"), std::string::npos);
}

TEST_F(CheckerTest, ExitDoesNotRunWhatTheParentRegistered) {
    // Registered once for the whole program; harmless unless the checking process runs it.
    static std::string trace = directory_ / "atexit";
    std::atexit([] {
        if (!std::filesystem::exists(std::filesystem::path(trace).parent_path()))
            return;
        if (FILE* f = std::fopen(trace.c_str(), "w")) std::fclose(f);
    });
    build("std::exit(0);");
    EXPECT_EQ(check().cause, LibraryCause::check_exited);
    EXPECT_FALSE(std::filesystem::exists(trace));
}

TEST_F(CheckerTest, CrashNamesTheSignal) {
    build("std::abort();");
    LibraryFault fault = check();
    EXPECT_EQ(fault.cause, LibraryCause::check_signalled);
    EXPECT_EQ(
        rest_of(fault).find(": its static constructors ended the checking process "
                            "by signal 6 (Aborted)"),
        0u)
        << fault.text;
}

TEST_F(CheckerTest, HangingConstructorIsEndedAtTheBound) {
    build("for (;;) pause();");
    request_.bound = 300ms;
    LibraryFault fault = check();
    EXPECT_EQ(fault.cause, LibraryCause::check_timed_out);
    EXPECT_EQ(
        rest_of(fault).find(": its static constructors did not return within 0.300 s"),
        0u)
        << fault.text;
}

TEST_F(CheckerTest, ProcessThatHoldsThePipeOpenDoesNotDelay) {
    build("if (fork() == 0) for (;;) pause(); _exit(4);");
    auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(check().cause, LibraryCause::check_exited);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 9s);
}

TEST_F(CheckerTest, PrivilegesAreDroppedFirst) {
    std::string trace = directory_ / "order";
    request_.drop_privileges = [&] {
        directory_.write("order", "dropped ");
        return std::string();
    };
    build("FILE* f = std::fopen(\"" + trace +
          "\", \"a\"); std::fputs(\"opened\", f); std::fclose(f);");
    EXPECT_EQ(check().text, "");
    EXPECT_EQ(ScratchDirectory::read(trace), "dropped opened");
}

TEST_F(CheckerTest, PrivilegesThatCannotBeDroppedOpenNothing) {
    std::string trace = directory_ / "opened";
    build("std::fclose(std::fopen(\"" + trace + "\", \"w\"));");
    request_.drop_privileges = [] { return std::string("no such user"); };
    LibraryFault fault = check();
    EXPECT_EQ(fault.cause, LibraryCause::check_failed);
    EXPECT_NE(fault.text.find("no such user"), std::string::npos);
    request_.drop_privileges = []() -> std::string { ::_exit(1); };
    EXPECT_EQ(check().cause, LibraryCause::check_failed);
    EXPECT_FALSE(std::filesystem::exists(trace));
}

TEST_F(CheckerTest, FaultOfTheRuntimeNamesTheRuntime) {
    build("");
    std::string runtime = directory_.write("libcppcgi.so.1", "no library");
    request_.runtime = runtime;
    request_.runtime_fd = make_private_copy(runtime).copy.fd;
    LibraryFault fault = check();
    ::close(request_.runtime_fd);
    EXPECT_EQ(fault.text.compare(0, runtime.size(), runtime), 0) << fault.text;
}

TEST_F(CheckerTest, WorksWithIgnoredSigchldAndUnderSignals) {
    build("usleep(50000);");
    struct sigaction ignore = {}, handle = {}, before_chld, before_usr1;
    ignore.sa_handler = SIG_IGN;
    handle.sa_handler = [](int) {};  // without SA_RESTART
    ::sigaction(SIGCHLD, &ignore, &before_chld);
    ::sigaction(SIGUSR1, &handle, &before_usr1);
    CopyResult copy = make_private_copy(file_);
    request_.file = file_;
    request_.fd = copy.copy.fd;
    LibraryFault fault;
    {
        pthread_t self = ::pthread_self();
        std::jthread disturber([self](std::stop_token stop) {
            while (!stop.stop_requested()) {
                ::pthread_kill(self, SIGUSR1);
                std::this_thread::sleep_for(1ms);
            }
        });
        fault = check_library(request_);
    }
    ::close(copy.copy.fd);
    ::sigaction(SIGCHLD, &before_chld, nullptr);
    ::sigaction(SIGUSR1, &before_usr1, nullptr);
    EXPECT_EQ(fault.text, "");
}

}  // namespace
}  // namespace cppcgi::host
