// `make run`: mk/run.sh as make calls it. Not under a sanitizer, whose runtime would have
// to be in every process that a shell script starts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <regex>

#include "t/httpd/server.h"
#include "t/scratch_directory.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::vector<std::string> environment(const std::string& port) {
    return {
        "HTTPD=" CPPCGI_HTTPD, "HTTPD_MODULES=" CPPCGI_HTTPD_MODULES, "MPM=event",
        "STAGE=/tmp",          "BUILD=" + build_dir().native(),       "PORT=" + port};
}

// A port that was free a moment ago: that of a server that never starts.
std::uint16_t free_port() { return Server("event").port(); }

class RunningDemo {
public:
    explicit RunningDemo(int signal_to_end) : signal_(signal_to_end) {
        pid_ = start({source_dir() / "mk/run.sh"}, environment(std::to_string(port_)),
                     output_file());
        EXPECT_TRUE(poll_until(
            [&] { return ended() || output().find(address()) != std::string::npos; },
            std::chrono::seconds(30)))
            << output();
    }
    ~RunningDemo() { end(); }

    // The exit status; -1 when it would not end.
    int end() {
        if (!ended()) kill(pid_, signal_);
        if (!poll_until([&] { return ended(); }, std::chrono::seconds(20)))
            kill(-pid_, SIGKILL);
        return status_;
    }
    std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
    std::string output() const { return read_file(output_file()); }
    // Where it put the site, from httpd's own words.
    std::string site() const {
        std::smatch found;
        const std::string words = output();
        std::regex_search(words, found, std::regex("-f (/\\S*)/httpd\\.conf"));
        return found.empty() ? "" : found[1].str();
    }

private:
    std::string output_file() const { return directory_ / "output"; }
    bool ended() {
        int status = 0;
        if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        return pid_ < 0;
    }

    ScratchDirectory directory_;
    std::uint16_t port_ = free_port();
    int signal_;
    int status_ = -1;
    pid_t pid_ = -1;
};

template <class Base>
class WithoutSanitizer : public Base {
protected:
    void SetUp() override {
        if (!sanitizer().empty()) GTEST_SKIP() << "needs its runtime in every process";
    }
};
class MakeRun : public WithoutSanitizer<::testing::TestWithParam<int>> {};
class MakeRunRefusal : public WithoutSanitizer<::testing::Test> {};

TEST_P(MakeRun, ServesTheSiteAndLeavesNothingBehind) {
    RunningDemo demo(GetParam());
    Client browser(demo.address());
    EXPECT_THAT(browser.get("/").body, HasSubstr("mod_cppcgi"));
    EXPECT_THAT(browser.get("/cgi-bin/hello").body, HasSubstr("Hello, world"));
    EXPECT_THAT(browser.get("/cgi-bin/hello.cgi").body, HasSubstr("Hello, world"));
    const Reply upload =
        browser.upload("/cgi-bin/save_file", {{"filename", "data", "name.txt"}});
    EXPECT_EQ(upload.status, 200);
    poll_until([&] { return !demo.site().empty(); });
    const std::string site = demo.site();
    EXPECT_EQ(read_file(site + "/uploads/name.txt"), "data");
    EXPECT_EQ(demo.end(), GetParam() == SIGINT ? 0 : 128 + GetParam());
    EXPECT_FALSE(fs::exists(site)) << site;
    EXPECT_EQ(Client(demo.address()).get("/").code, CURLE_COULDNT_CONNECT);
}

INSTANTIATE_TEST_SUITE_P(By, MakeRun, ::testing::Values(SIGINT, SIGTERM),
                         [](const auto& p) {
                             return p.param == SIGINT ? "Interrupt" : "Terminate";
                         });

TEST_F(MakeRunRefusal, NamesABusyPort) {
    Server other("event");
    other.without_cppcgi();
    other.start();
    const Exit busy =
        run({source_dir() / "mk/run.sh"}, environment(std::to_string(other.port())));
    EXPECT_EQ(busy.status, 1);
    EXPECT_THAT(busy.output, HasSubstr("port " + std::to_string(other.port()) +
                                       " of 127.0.0.1 is taken by another program"));
}

TEST_F(MakeRunRefusal, NamesAWrongPort) {
    for (const char* port : {"", "http", "0", "65536", "-1", "8080 "}) {
        const Exit wrong = run({source_dir() / "mk/run.sh"}, environment(port));
        EXPECT_EQ(wrong.status, 1) << port;
        EXPECT_THAT(wrong.output, HasSubstr("give a number from 1 to 65535")) << port;
    }
}

}  // namespace
}  // namespace cppcgi_test
