// Many scripts at once, clients that leave, scripts that fail: afterwards nothing is left,
// neither process nor zombie nor descriptor nor file, and memory has not grown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "t/httpd/raw_socket.h"
#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;

class ScriptLoad : public ScriptTest {
protected:
    // Calls act(i) for 0 <= i < count, so many at a time.
    template <typename Act>
    static void in_parallel(int threads, int count, Act act) {
        std::atomic<int> next = 0;
        std::vector<std::thread> all;
        for (int t = 0; t < threads; ++t)
            all.emplace_back([&] {
                for (int i = next++; i < count; i = next++) act(i);
            });
        for (std::thread& one : all) one.join();
    }
    // The processes that server children have started and that are still there.
    std::size_t scripts() const {
        std::size_t count = 0;
        for (const pid_t child : server.children()) {
            const std::string task = "/proc/" + std::to_string(child) + "/task";
            std::error_code error;
            for (const auto& thread : fs::directory_iterator(task, error)) {
                const std::string list = read_file(thread.path() / "children");
                count +=
                    static_cast<std::size_t>(std::count(list.begin(), list.end(), ' '));
            }
        }
        return count;
    }
    std::map<pid_t, std::size_t> descriptors() const {
        std::map<pid_t, std::size_t> result;
        for (const pid_t child : server.children()) {
            std::error_code error;
            const fs::directory_iterator files("/proc/" + std::to_string(child) + "/fd",
                                               error);
            if (!error)
                result[child] =
                    static_cast<std::size_t>(std::distance(begin(files), end(files)));
        }
        return result;
    }
    void expect_nothing_left() {
        EXPECT_TRUE(poll_until([&] { return scripts() == 0; }));
        // Keep-alive connections of clients that have gone take a moment.
        EXPECT_TRUE(poll_until([&] {
            const auto now = descriptors();
            return std::all_of(now.begin(), now.end(),
                               [](const auto& child) { return child.second < 25; });
        }));
        for (const auto& [child, count] : descriptors()) EXPECT_LT(count, 25u) << child;
    }
};

TEST_P(ScriptLoad, ManyAtOnceLeaveNothing) {
    script("a.cgi", "echo; sleep 0.2; cat");
    start(
        "<IfModule mpm_prefork_module>\nServerLimit 64\nMaxRequestWorkers 64\n"
        "</IfModule>\n");
    std::atomic<int> good = 0;
    in_parallel(50, 200, [&](int i) {
        const std::string body = std::to_string(i);
        good +=
            client().send({.path = "/a.cgi", .method = "POST", .body = body}).body ==
            body;
    });
    EXPECT_EQ(good, 200);
    expect_nothing_left();
}

TEST_P(ScriptLoad, ClientsThatLeaveLeaveNothing) {
    script("a.cgi",
           "case $QUERY_STRING in 0) sleep 30;; 1) cat; sleep 30;; "
           "2) echo; while echo x; do :; done;; 3) trap '' TERM; sleep 30;; esac");
    start();
    in_parallel(10, 200, [&](int i) {
        RawSocket raw(server.port());
        raw.send("POST /a.cgi?" + std::to_string(i % 4) +
                 " HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nsome");
        if (i % 3 == 0) raw.reset();
    });
    server.log().allow("CPPCGI0309|CPPCGI040[01]");
    EXPECT_TRUE(poll_until([&] { return scripts() == 0; }, std::chrono::seconds(20)));
    expect_nothing_left();
    script("b.cgi", "echo; echo served");
    EXPECT_EQ(client().get("/b.cgi").body, "served\n");
}

TEST_P(ScriptLoad, FailingScriptsLeaveNothing) {
    script("a.cgi",
           "case $QUERY_STRING in 0) kill -9 $$;; 1) exit 7;; 2) echo no head;; "
           "3) echo; exec >&- 2>&-; sleep 0.1;; "
           "4) (sleep 0.3; echo late >&2) <&- >&- & echo;; esac");
    server.write("docroot/5.cgi", "#!/no/such\n", 0755);
    start();
    in_parallel(10, 200, [&](int i) {
        client().get(i % 6 == 5 ? "/5.cgi" : "/a.cgi?" + std::to_string(i % 6));
    });
    server.log().allow("CPPCGI0(400|409|414|363|428|450|402)");
    expect_nothing_left();
}

TEST_P(ScriptLoad, SpoolsLeaveNoFile) {
    script("a.cgi", "echo; cat | wc -c");
    const fs::path spool = server.root() / "spool";
    fs::create_directory(spool);
    fs::permissions(spool, fs::perms::all);
    start("CppCGISpoolDir ${ROOT}/spool\nCppCGIMaxMemory 1K\n");
    in_parallel(8, 40, [&](int) {
        EXPECT_EQ(client()
                      .send({.path = "/a.cgi",
                             .method = "POST",
                             .body = std::string(100000, 'x'),
                             .chunked = true})
                      .body,
                  "100000\n");
    });
    EXPECT_TRUE(fs::is_empty(spool));
    expect_nothing_left();
}

CPPCGI_ON_EVERY_MPM(ScriptLoad);

}  // namespace
}  // namespace cppcgi_test
