// The demo site: conf/demo.conf as it is, every link of its index, and one line that moves
// a URL from a script to a handler.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class Demo : public HttpdTest {
protected:
    // Lays the site out as mk/run.sh does, with `from` of demo.conf replaced.
    void serve(const std::string& from = {}, const std::string& to = {}) {
        const fs::path site = server.root() / "site";
        fs::create_directories(site / "uploads");
        fs::permissions(site / "uploads", fs::perms::all);
        fs::copy(source_dir() / "examples/htdocs", site / "htdocs");
        fs::copy(source_dir() / "examples/cgi-bin", site / "cgi-bin");
        for (const auto& program : fs::directory_iterator(build_dir() / "cgi-bin"))
            server.install(fs::path("cgi-bin") / program.path().filename(),
                           fs::path("site/cgi-bin") / program.path().filename());
        fs::create_directory_symlink(server.handlers(), site / "handlers");
        std::string conf = read_file(source_dir() / "conf/demo.conf");
        if (const auto at = conf.find(from); at != conf.npos)
            conf.replace(at, from.size(), to);
        else
            ADD_FAILURE() << "demo.conf has no " << from;
        server.write("demo.conf", conf);
        server.start("Define SITE ${ROOT}/site\nInclude \"${ROOT}/demo.conf\"\n");
    }

    // What the index links to and posts to, as it stands in its HTML.
    std::set<std::string> links(const std::string& page, const std::string& attribute) {
        const std::regex link(attribute + "=\"([^\"]*)\"");
        std::set<std::string> result;
        for (std::sregex_iterator at(page.begin(), page.end(), link), end; at != end;
             ++at)
            result.insert(std::regex_replace((*at)[1].str(), std::regex("&amp;"), "&"));
        return result;
    }
};

TEST_P(Demo, EveryLinkOfTheIndexWorks) {
    serve();
    Client browser = client();
    const Reply index = browser.get("/");
    EXPECT_EQ(index.status, 200);
    for (const std::string& link : links(index.body, "href")) {
        const Reply reply = browser.get(link);
        EXPECT_EQ(reply.status, 200) << link;
        EXPECT_FALSE(reply.body.empty()) << link;
    }
    for (const std::string& link : links(index.body, "action"))
        EXPECT_EQ(browser.post(link, "text=a").body, "text=a") << link;
}

TEST_P(Demo, TheIndexReachesEveryExampleBothWays) {
    const std::string index = read_file(source_dir() / "examples/htdocs/index.html");
    for (const auto& source : fs::directory_iterator(source_dir() / "examples")) {
        if (source.path().extension() != ".cc") continue;
        const std::string name = source.path().stem();
        EXPECT_THAT(index, ::testing::ContainsRegex("/cgi-bin/" + name + "[\"?]"));
        EXPECT_THAT(index, ::testing::ContainsRegex("/cgi-bin/" + name + ".cgi[\"?]"));
    }
    for (const auto& script : fs::directory_iterator(source_dir() / "examples/cgi-bin"))
        EXPECT_THAT(index, HasSubstr("/cgi-bin/" + script.path().filename().string()));
}

TEST_P(Demo, ScriptsInPythonAndShTakeForms) {
    serve();
    Client browser = client();
    EXPECT_THAT(browser.get("/cgi-bin/hello.py").body, HasSubstr("says Python"));
    EXPECT_THAT(browser.get("/cgi-bin/hello.sh").body, HasSubstr("says sh"));
    EXPECT_THAT(browser.get("/cgi-bin/env.sh?a=1").body, HasSubstr("QUERY_STRING=a=1"));
    const std::string query = "first_name=%3Cb%3E&last_name=Gr%C3%BCn";
    const auto greeting = HasSubstr("<h1>Hello &lt;b&gt; Gr\u00fcn</h1>");
    EXPECT_THAT(browser.get("/cgi-bin/form.py?" + query).body, greeting);
    EXPECT_THAT(browser.post("/cgi-bin/form.py", query).body, greeting);
}

TEST_P(Demo, OneLineMovesAUrlFromTheScriptToTheHandler) {
    serve("# CppCGIHandler hello hello.py", "CppCGIHandler hello hello.py");
    const Reply reply = client().get("/cgi-bin/hello.py");
    EXPECT_THAT(reply.body, HasSubstr("<h1>Hello, world</h1>"));
    EXPECT_THAT(reply.body, Not(HasSubstr("Python")));
    EXPECT_THAT(client().get("/cgi-bin/form.py").body, HasSubstr("says Python"));
}

// Bytes of memory that each of the server's children holds, shared pages not counted.
std::map<pid_t, long> resident(const Server& server) {
    std::map<pid_t, long> result;
    for (const pid_t child : server.children()) {
        std::ifstream statm("/proc/" + std::to_string(child) + "/statm");
        long size = 0, all = 0, shared = 0;
        if (statm >> size >> all >> shared)
            result[child] = (all - shared) * getpagesize();
    }
    return result;
}

void ask_everything(Client& browser, int round) {
    const std::string number = std::to_string(round);
    const std::string query = "first_name=" + number + "&last_name=%3Cb%3E";
    for (const char* name : {"hello", "get_env", "hello_get", "checkbox", "dropdown",
                             "get_cookie", "download", "test", "inspect", "form"})
        EXPECT_EQ(browser.get("/cgi-bin/" + std::string(name) + "?" + query).status,
                  200);
    for (const char* name : {"hello_get", "textarea", "message", "post", "inspect"})
        EXPECT_EQ(browser.post("/cgi-bin/" + std::string(name), query).status, 200);
    EXPECT_EQ(browser.head("/cgi-bin/hello").status, 200);
    EXPECT_EQ(
        browser.upload("/cgi-bin/inspect", {{"a", number}, {"f", "x", "f.txt"}}).status,
        200);
    // Beyond what is held in memory, so spooled.
    EXPECT_EQ(
        browser.upload("/cgi-bin/save_file", {{"f", "", "f", "text/plain", 400000}})
            .status,
        200);
    EXPECT_EQ(browser
                  .post("/cgi-bin/message", "--b\r\nbroken",
                        {"Content-Type: multipart/form-data; boundary=b"})
                  .status,
              400);
    EXPECT_EQ(browser.get("/cgi-bin/set_cookie?Path=%0A").status, 400);
    const char* scripts[] = {"hello.cgi", "hello.sh", "env.sh", "inspect.cgi"};
    EXPECT_EQ(browser.get("/cgi-bin/" + std::string(scripts[round % 4])).status, 200);
}

// Twenty-one requests a round. The fixture looks for crashed children and a sanitizer's
// reports; a sanitizer also keeps freed memory for a while.
TEST_P(Demo, TenThousandMixedRequestsLeaveNothingBehind) {
    serve();
    server.log().allow("CPPCGI0201");
    Client browser = client();
    for (int round = 0; round < 150; ++round) ask_everything(browser, round);
    const auto before = resident(server);
    for (int round = 0; round < 350; ++round) ask_everything(browser, round);
    if (!sanitizer().empty()) return;
    for (const auto& [child, bytes] : resident(server)) {
        if (!before.contains(child)) continue;  // a new one
        EXPECT_LT(bytes - before.at(child), 1 << 20) << before.at(child) << " before";
    }
}

// The shared form vectors, over real HTTP, whole, chunked and dribbled.
TEST_P(Demo, InspectPassesTheSharedVectors) {
    const fs::path vectors = source_dir() / "../shared/vectors";
    if (!fs::exists(vectors / "check_forms.py")) GTEST_SKIP() << "no shared vectors";
    serve();
    const Exit handler =
        run({"python3", vectors / "check_forms.py", "--vectors", vectors, "--url",
             server.url("/cgi-bin/inspect"), "--mode", "all", "--strict-kinds"},
            {}, std::chrono::minutes(5));
    EXPECT_EQ(handler.status, 0) << handler.output;
    const Exit program =
        run({"python3", vectors / "check_forms.py", "--vectors", vectors, "--url",
             server.url("/cgi-bin/inspect.cgi"), "--strict-kinds"},
            {}, std::chrono::minutes(5));
    EXPECT_EQ(program.status, 0) << program.output;
}

CPPCGI_ON_EVERY_MPM(Demo);

}  // namespace
}  // namespace cppcgi_test
