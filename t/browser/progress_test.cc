// The example `progress` in a real browser, driven over WebDriver: the bar moves while the
// job runs, both inside the server and as a classic program.
#include <gtest/gtest.h>

#ifdef CPPCGI_HAVE_JSON

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "t/httpd/server.h"
#include "t/scratch_directory.h"

namespace cppcgi_test {
namespace {

using Json = nlohmann::json;

bool is_there(const std::string& program) {
    return run({"sh", "-c", "command -v " + program}).status == 0;
}

// chromedriver with one headless browser; ended with all its processes.
class Browser {
public:
    Browser() {
        driver_ =
            cppcgi_test::start({"chromedriver", "--port=0"}, {"HOME=" + folder_.path()},
                               folder_ / "driver.log");
        std::smatch found;
        std::string said;
        const std::regex ready("started successfully on port ([0-9]+)");
        poll_until(
            [&] {
                said = read_file(folder_ / "driver.log");
                return std::regex_search(said, found, ready);
            },
            std::chrono::seconds(30));
        if (found.empty()) throw std::runtime_error("chromedriver: " + said);
        base_ = "http://127.0.0.1:" + found[1].str();
        const Json options = {
            {"args",
             {"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
              "--no-proxy-server", "--user-data-dir=" + folder_ / "profile"}}};
        const Json asked = {
            {"capabilities", {{"alwaysMatch", {{"goog:chromeOptions", options}}}}}};
        session_ =
            "/session/" + command("/session", asked).at("sessionId").get<std::string>();
    }
    ~Browser() {
        if (!session_.empty())
            Client(base_).send({.path = session_, .method = "DELETE"});
        ::kill(-driver_, SIGTERM);
        ::waitpid(driver_, nullptr, 0);
        ::kill(-driver_, SIGKILL);
    }
    Browser(const Browser&) = delete;
    Browser& operator=(const Browser&) = delete;

    void open(const std::string& url) { command(session_ + "/url", {{"url", url}}); }

    Json evaluate(const std::string& script) {
        return command(session_ + "/execute/sync",
                       {{"script", script}, {"args", Json::array()}});
    }

    // Runs in every page before its own scripts.
    void prepare(const std::string& script) {
        command(session_ + "/goog/cdp/execute",
                {{"cmd", "Page.addScriptToEvaluateOnNewDocument"},
                 {"params", {{"source", script}}}});
    }

private:
    Json command(const std::string& path, const Json& body) {
        const Reply reply =
            Client(base_).send({.path = path,
                                .method = "POST",
                                .headers = {"Content-Type: application/json"},
                                .body = body.dump(),
                                .timeout_ms = 60000});
        const Json answer = Json::parse(reply.body, nullptr, false);
        if (reply.status != 200 || answer.is_discarded())
            throw std::runtime_error(path + ": " + reply.error +
                                     reply.body.substr(0, 500));
        return answer.at("value");
    }

    ScratchDirectory folder_;
    pid_t driver_ = -1;
    std::string base_;
    std::string session_;
};

// Remembers each value that the bar takes, and when.
constexpr const char* watch_the_bar = R"(
window.seen = [];
new MutationObserver(() => {
    const bar = document.getElementById('bar');
    if (bar && bar.value > 0) window.seen.push([bar.value, performance.now()]);
}).observe(document, {attributes: true, subtree: true});
)";

class InTheBrowser : public ::testing::Test {
protected:
    void TearDown() override {
        server.stop();
        server.expect_calm();
    }
    Server server{"event"};
};

TEST_F(InTheBrowser, ABarMovesWhileTheJobRuns) {
    if (!is_there("chromium") || !is_there("chromedriver"))
        GTEST_SKIP() << "without chromium and chromedriver";
    server.install("cgi-bin/progress.cgi", "cgi-bin/progress.cgi");
    server.start(
        "CppCGILibrary ${HANDLERS}/progress.so\n"
        "<Location /progress>\nCppCGIHandler progress\n</Location>\n"
        "ScriptAlias /program ${ROOT}/cgi-bin/progress.cgi\n");
    Browser browser;
    browser.prepare(watch_the_bar);
    for (const char* path : {"/progress?seconds=1", "/program?seconds=1"}) {
        browser.open(server.url(path));
        const auto words = [&] {
            return browser.evaluate(
                "return document.getElementById('words').textContent");
        };
        EXPECT_TRUE(poll_until([&] { return words() == "The job is done."; },
                               std::chrono::seconds(60)))
            << path << words();
        const Json seen = browser.evaluate("return window.seen");
        ASSERT_GE(seen.size(), 10u) << path << seen;
        for (std::size_t i = 1; i < seen.size(); ++i)
            EXPECT_GE(seen[i][0].get<double>(), seen[i - 1][0].get<double>());
        EXPECT_EQ(seen.back()[0].get<double>(), 100) << path;
        // Not in one lump at the end of a job of a second.
        EXPECT_GT(seen.back()[1].get<double>() - seen.front()[1].get<double>(), 100)
            << path << seen;
    }
}

}  // namespace
}  // namespace cppcgi_test

#endif
