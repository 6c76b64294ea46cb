// A classic program under another server: lighttpd, where it is installed. It is not among
// what `make deps` installs, for its package starts a server on port 80.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include "t/httpd/client.h"
#include "t/httpd/server.h"
#include "t/scratch_directory.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string lighttpd() {
    for (const char* file : {"/usr/sbin/lighttpd", "/usr/bin/lighttpd"})
        if (fs::exists(file)) return file;
    return {};
}

class Lighttpd : public ::testing::Test {
protected:
    void SetUp() override {
        if (lighttpd().empty()) GTEST_SKIP() << "needs lighttpd";
        if (!sanitizer().empty()) GTEST_SKIP() << "needs its runtime in every process";
        for (const char* name : {"hello_get.cgi", "post.cgi", "download.cgi"})
            fs::copy(build_dir() / "cgi-bin" / name, directory / name);
        const std::string port = std::to_string(Server("event").port());
        const std::string conf = directory.write(
            "conf",
            "server.document-root = \"" + directory.path() +
                "\"\nserver.port = " + port +
                "\nserver.bind = \"127.0.0.1\"\nserver.modules = (\"mod_cgi\")\n"
                "cgi.assign = (\".cgi\" => \"\")\n");
        pid_ = start({lighttpd(), "-D", "-f", conf}, {}, directory / "log");
        base_ = "http://127.0.0.1:" + port;
        ASSERT_TRUE(poll_until([&] { return get("/none").status == 404; }))
            << read_file(directory / "log");
    }
    void TearDown() override {
        if (pid_ <= 0) return;
        kill(pid_, SIGTERM);
        if (!poll_until([&] { return waitpid(pid_, nullptr, WNOHANG) == pid_; }))
            kill(-pid_, SIGKILL);
    }
    Reply get(const std::string& path) const { return Client(base_).get(path); }

    ScratchDirectory directory;
    std::string base_;
    pid_t pid_ = -1;
};

TEST_F(Lighttpd, RunsClassicPrograms) {
    const Reply greeting = get("/hello_get.cgi?first_name=%3Cb%3E&last_name=x");
    EXPECT_EQ(greeting.status, 200);
    EXPECT_THAT(greeting.body, HasSubstr("Hello &lt;b&gt; x"));
    EXPECT_EQ(greeting.header("content-type"), "text/html; charset=utf-8");
    const std::string body = "text=" + std::string(200000, 'x');
    EXPECT_EQ(Client(base_).post("/post.cgi", body).body, body);
    EXPECT_EQ(Client(base_).head("/hello_get.cgi").body, "");
    const Reply refused =
        Client(base_).post("/hello_get.cgi", "--b\r\nbroken",
                           {"Content-Type: multipart/form-data; boundary=b"});
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, EndsWith("<h1>400 Bad Request</h1></body></html>\n"));
}

}  // namespace
}  // namespace cppcgi_test
