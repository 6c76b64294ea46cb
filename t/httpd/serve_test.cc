// `cppcgi serve`: edit and refresh. Not under a sanitizer, whose runtime would have to be in
// the httpd that it starts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <thread>

#include "t/httpd/server.h"
#include "t/scratch_directory.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

std::string page(const std::string& text) {
    return "#include <cppcgi.h>\nCPPCGI_HANDLER(hello, req, res) {\n    res << " +
           text + ";\n}\n";
}

class Serving : public ::testing::Test {
protected:
    void SetUp() override {
        if (!sanitizer().empty()) GTEST_SKIP() << "needs its runtime in every process";
        if (!fs::exists(command())) GTEST_SKIP() << "the cppcgi command is not built";
        // Counts what is compiled.
        directory.write("cxx",
                        "#!/bin/sh\ncase \"$*\" in *-fsyntax-only*) ;; *) echo x >>" +
                            (directory / "compiled") + " ;; esac\nexec c++ \"$@\"\n",
                        0755);
        fs::create_directory(directory / "tmp");
        for (const std::string& folder : {directory.path(), directory / "tmp"})
            fs::permissions(folder, fs::perms(0755));
    }
    void TearDown() override {
        if (pid_ > 0) {
            EXPECT_EQ(end(), 0) << said();
        }
    }

    static fs::path command() { return build_dir() / "bin/cppcgi"; }

    void serve(const std::string& target) {
        // Its own choice would meet that of a test beside this one.
        const std::string port = std::to_string(Server("event").port());
        pid_ = start({command(), "serve", target, "--port", port},
                     {"CXX=" + (directory / "cxx"), "TMPDIR=" + (directory / "tmp")},
                     directory / "output");
        static const std::regex address("(http://127.0.0.1:\\d+)(/\\S*)");
        ASSERT_TRUE(poll_until(
            [&] {
                const std::string words = said();
                std::smatch match;
                if (!std::regex_search(words, match, address)) return ended();
                base_ = match[1];
                path_ = match[2];
                return true;
            },
            std::chrono::seconds(60)))
            << said();
        ASSERT_FALSE(base_.empty()) << said();
    }
    Reply get(const std::string& path) const {
        return Client(base_).send({.path = path, .timeout_ms = 60000});
    }
    std::string said() const { return read_file(directory / "output"); }
    long compiled() const {
        const std::string lines = read_file(directory / "compiled");
        return std::count(lines.begin(), lines.end(), '\n');
    }
    bool ended() {
        int status = 0;
        if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
        }
        return pid_ < 0;
    }
    int end() {
        kill(pid_, SIGINT);
        if (!poll_until([&] { return ended(); }, std::chrono::seconds(30)))
            kill(-pid_, SIGKILL);
        return status_;
    }

    ScratchDirectory directory;
    std::string base_, path_;
    pid_t pid_ = -1;
    int status_ = -1;
};

TEST_F(Serving, ShowsEachEditAtTheNextRequest) {
    directory.write("word.h", "#define WORD \"one\"\n");
    const std::string source = directory.write(
        "hello.cc", "#include \"word.h\"\n" + page("WORD << req.path_info()"));
    ASSERT_NO_FATAL_FAILURE(serve(source));
    EXPECT_EQ(path_, "/hello");
    EXPECT_EQ(get("/hello").body, "one");
    EXPECT_EQ(get("/hello/x").body, "one/x");
    EXPECT_EQ(get("/").body, "one");
    EXPECT_EQ(get("/nobody").status, 404);
    directory.write("hello.cc", "#include \"word.h\"\n" + page("WORD << 2"));
    EXPECT_EQ(get("/hello").body, "one2");
    directory.write("word.h", "#define WORD \"another\"\n");
    EXPECT_EQ(get("/hello").body, "another2");
    EXPECT_EQ(compiled(), 3);
}

TEST_F(Serving, CompilesOnceForFiftyRequests) {
    ASSERT_NO_FATAL_FAILURE(serve(directory.write("hello.cc", page("\"one\""))));
    std::vector<std::thread> clients;
    std::vector<Reply> replies(50);
    directory.write("hello.cc", page("\"two\""));
    for (Reply& reply : replies) clients.emplace_back([&] { reply = get("/hello"); });
    for (std::thread& client : clients) client.join();
    for (const Reply& reply : replies) EXPECT_EQ(reply.body, "two") << reply.error;
    EXPECT_EQ(compiled(), 2);
}

TEST_F(Serving, ShowsCompilerErrorsAndTheLastGoodVersion) {
    ASSERT_NO_FATAL_FAILURE(serve(directory.write("hello.cc", page("\"one\""))));
    directory.write("hello.cc", page("no_such_name"));
    const Reply broken = get("/hello");
    EXPECT_EQ(broken.status, 500);
    EXPECT_THAT(broken.body,
                HasSubstr("<mark>     3      res &lt;&lt; no_such_name;</mark>"));
    EXPECT_THAT(broken.body, HasSubstr("href=\"/last-good/hello\""));
    EXPECT_EQ(Client(base_).post("/hello", "a=b").status, 500);
    EXPECT_EQ(get("/last-good/hello").body, "one");
    directory.write("hello.cc", page("\"mended\""));
    EXPECT_EQ(get("/hello").body, "mended");
}

TEST_F(Serving, StartsWithASourceThatDoesNotCompile) {
    ASSERT_NO_FATAL_FAILURE(serve(directory.write("hello.cc", page("no_such_name"))));
    const Reply broken = get("/hello");
    EXPECT_EQ(broken.status, 500);
    EXPECT_THAT(broken.body, Not(HasSubstr("last good version")));
    directory.write("hello.cc", page("\"mended\""));
    Reply reply;
    // A server that learns of a handler sends the request again, to its new children.
    EXPECT_TRUE(poll_until([&] {
        reply = get("/hello");
        return reply.status != 307;
    }));
    EXPECT_EQ(reply.body, "mended");
}

TEST_F(Serving, DirectoryServesEachSourceAtItsName) {
    fs::create_directory(directory / "site");
    directory.write("site/hello.cc", page("\"hello\""));
    directory.write("site/hello_test.cc", "no C++");
    directory.write(
        "site/two.cc",
        "#include <cppcgi.h>\nCPPCGI_HANDLER(other, req, res) { res << 3; }\n"
        "CPPCGI_HANDLER(two, req, res) { res << 2; }\n");
    ASSERT_NO_FATAL_FAILURE(serve(directory / "site"));
    EXPECT_EQ(get("/hello").body, "hello");
    EXPECT_EQ(get("/two").body, "2");
    EXPECT_EQ(get("/other").body, "3");
    EXPECT_THAT(get("/").body, HasSubstr("<a href=\"/hello\">hello</a>"));
    EXPECT_EQ(get("/hello_test").status, 404);
    fs::copy(directory / "site/hello.cc", directory / "site/late.cc");
    EXPECT_TRUE(poll_until([&] { return get("/late").body == "hello"; },
                           std::chrono::seconds(60)));
}

TEST_F(Serving, LeavesNothingBehind) {
    ASSERT_NO_FATAL_FAILURE(serve(build_dir() / "handlers/hello.so"));
    EXPECT_THAT(get("/hello").body, HasSubstr("Hello, world"));
    EXPECT_FALSE(fs::is_empty(directory / "tmp"));
    EXPECT_EQ(end(), 0);
    EXPECT_TRUE(fs::is_empty(directory / "tmp"));
    EXPECT_EQ(get("/hello").code, CURLE_COULDNT_CONNECT);
}

TEST_F(Serving, DoesNotOutliveACommandThatIsKilled) {
    ASSERT_NO_FATAL_FAILURE(serve(build_dir() / "handlers/hello.so"));
    kill(pid_, SIGKILL);
    EXPECT_TRUE(poll_until([&] { return ended(); }));
    EXPECT_TRUE(poll_until([&] { return get("/hello").code == CURLE_COULDNT_CONNECT; },
                           std::chrono::seconds(20)));
    // What it could not remove is removed by the next.
    EXPECT_FALSE(fs::is_empty(directory / "tmp"));
    fs::remove(directory / "output");
    ASSERT_NO_FATAL_FAILURE(serve(build_dir() / "handlers/hello.so"));
    EXPECT_EQ(end(), 0);
    EXPECT_TRUE(fs::is_empty(directory / "tmp"));
}

TEST_F(Serving, SaysWhatItCannotServe) {
    Server other("event");
    other.without_cppcgi();
    other.start();
    const std::string port = std::to_string(other.port());
    const std::string source = directory.write("hello.cc", page("1"));
    const auto words = [&](const std::vector<std::string>& arguments) {
        std::vector<std::string> all = {command(), "serve"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        const Exit exit = run(all);
        EXPECT_EQ(exit.status, 1);
        return exit.output;
    };
    EXPECT_THAT(
        words({source, "--port", port}),
        HasSubstr("port " + port + " of 127.0.0.1 is taken by another program"));
    EXPECT_THAT(words({source, "--port", "70000"}),
                HasSubstr("give a number from 1 to 65535"));
    EXPECT_THAT(words({directory / "none.cc"}), HasSubstr("there is no "));
    EXPECT_THAT(words({directory / "tmp"}), HasSubstr("there is no source (.cc) in"));
    EXPECT_THAT(words({directory.write("x.txt", "")}),
                HasSubstr("no source (.cc), library (.so) or directory"));
}

}  // namespace
}  // namespace cppcgi_test
