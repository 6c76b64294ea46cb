// Each example as its user sees it, in every way: as a handler in the server, as a classic
// program of the same source, and in a FastCGI worker behind mod_proxy_fcgi.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "t/httpd/server.h"
#include "t/httpd/stream_client.h"
#include "t/httpd/worker_process.h"

#ifdef CPPCGI_HAVE_JSON
#include <nlohmann/json.hpp>
#endif

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

enum class Way { handler, program, worker };

class Example : public ::testing::TestWithParam<std::tuple<std::string, Way>> {
protected:
    void SetUp() override {
        if (way() != Way::worker) return;
        if (const std::string reason = WorkerProcess::missing(); !reason.empty())
            GTEST_SKIP() << reason;
        for (const char* module : {"proxy", "proxy_fcgi"}) server.load(module);
    }

    static Way way() { return std::get<Way>(GetParam()); }

    // Serves examples at /NAME.
    void serve(const std::vector<std::string>& names) {
        std::string config;
        for (const std::string& name : names) {
            if (way() == Way::program) {
                server.install("cgi-bin/" + name + ".cgi", "cgi-bin/" + name);
                config += "ScriptAlias /" + name + " ${ROOT}/cgi-bin/" + name + "\n";
            } else if (way() == Way::handler) {
                config += "CppCGILibrary ${HANDLERS}/" + name + ".so\n<Location /" +
                          name + ">\nCppCGIHandler " + name + "\n</Location>\n";
            }
        }
        if (way() == Way::worker) config = serve_by_worker(names);
        const char* parameter = way() == Way::handler
                                    ? "CppCGIParam upload_dir \"${ROOT}/in\""
                                    : "SetEnv CPPCGI_PARAM_upload_dir \"${ROOT}/in\"";
        fs::create_directories(server.root() / "in");
        fs::permissions(server.root() / "in", fs::perms::all);
        server.start(config + parameter + "\n");
    }

    // Starts one with their libraries. A page that comes bit by bit needs flushpackets.
    std::string serve_by_worker(const std::vector<std::string>& names) {
        std::vector<std::string> words = {"--processes", "2"};
        for (const std::string& name : names)
            words.push_back(server.handlers() / (name + ".so"));
        worker_.start(server, words);
        std::string config = "<Proxy \"" + worker_.address() +
                             "\">\nProxySet flushpackets=on\n</Proxy>\n";
        for (const std::string& name : names)
            config += "<Location /" + name +
                      ">\nSetHandler \"proxy:" + worker_.address() +
                      "\"\nProxyFCGISetEnvIf true SCRIPT_NAME \"/" + name +
                      "\"\nProxyFCGISetEnvIf \"%{REQUEST_URI} =~ m#^/" + name +
                      "(/.*)$#\" PATH_INFO \"$1\"\n</Location>\n";
        return config;
    }

    Client client() const { return Client(server.url()); }

    // Names of what was uploaded.
    std::vector<std::string> stored() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(server.root() / "in"))
            names.push_back(entry.path().filename());
        return names;
    }

    void TearDown() override {
        server.stop();
        server.expect_calm();
    }

    WorkerProcess worker_;
    Server server{std::get<std::string>(GetParam())};
};

TEST_P(Example, HelloIsAPage) {
    serve({"hello"});
    const Reply reply = client().get("/hello");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("content-type"), "text/html; charset=utf-8");
    EXPECT_THAT(reply.body, HasSubstr("<h1>Hello, world</h1>"));
    EXPECT_EQ(client().post("/hello", "a=b").body, reply.body);
}

TEST_P(Example, GetEnvShowsTheEnvironment) {
    serve({"get_env"});
    const Reply reply = client().get("/get_env/more?a=%3C", {"X-Test: <b>"});
    EXPECT_EQ(reply.status, 200);
    const auto row = [](const std::string& name, const std::string& value) {
        return HasSubstr("<tr><th scope=\"row\">" + name + "</th><td>" + value +
                         "</td></tr>\n");
    };
    EXPECT_THAT(reply.body, row("GATEWAY_INTERFACE", "CGI/1.1"));
    EXPECT_THAT(reply.body, row("QUERY_STRING", "a=%3C"));
    EXPECT_THAT(reply.body, row("SCRIPT_NAME", "/get_env"));
    EXPECT_THAT(reply.body, row("PATH_INFO", "/more"));
    EXPECT_THAT(reply.body, row("HTTP_X_TEST", "&lt;b&gt;"));
    EXPECT_THAT(client().post("/get_env", "a=b").body, row("CONTENT_LENGTH", "3"));
}

// A field, and what the page says when it was sent.
struct Answer {
    const char* example;
    const char* query;
    const char* says;
};

constexpr Answer answers[] = {
    {"hello_get", "first_name=Zara&last_name=Ali", "<h1>Hello Zara Ali</h1>"},
    {"hello_get", "", "<h1>Hello you </h1>"},
    {"checkbox", "maths=on", "Maths is on.</p>\n<p>Physics is off."},
    {"checkbox", "physics=on", "Maths is off.</p>\n<p>Physics is on."},
    {"radiobutton", "subject=physics", "Selected subject: physics<"},
    {"radiobutton", "", "Selected subject: (none)<"},
    {"textarea", "textcontent=one%0D%0Atwo+%26", "<pre>one\r\ntwo &amp;</pre>"},
    {"dropdown", "dropdown=maths&language=C%2B%2B&language=Python",
     "maths</p>\n<ul>\n<li>C++</li>\n<li>Python</li>\n</ul>"},
    {"message", "message=Gr%C3%BC%C3%9Fe", "Previous message: Gr\u00fc\u00dfe<"},
    {"message", "", "Previous message: (no message)<"},
    {"form", "first_name=Zara&last_name=Ali", "<h1>Hello Zara Ali</h1>"},
};

TEST_P(Example, FormsAnswerGetAndPostAlike) {
    serve({"hello_get", "checkbox", "radiobutton", "textarea", "dropdown", "message",
           "form"});
    Client browser = client();
    for (const Answer& answer : answers) {
        const std::string path = std::string("/") + answer.example;
        const Reply get = browser.get(path + "?" + answer.query);
        EXPECT_EQ(get.status, 200) << path;
        EXPECT_THAT(get.body, HasSubstr(answer.says)) << path;
        const Reply post = browser.post(path, answer.query);
        EXPECT_EQ(post.status, 200) << path;
        EXPECT_THAT(post.body, HasSubstr(answer.says)) << path;
    }
}

constexpr const char* hostile = "\"'><script>alert(1)</script>";
constexpr const char* hostile_quoted = "%22%27%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";

TEST_P(Example, PagesEscapeWhatTheyShow) {
    const std::pair<const char*, const char*> fields[] = {
        {"hello_get", "first_name"}, {"hello_get", "last_name"},
        {"radiobutton", "subject"},  {"textarea", "textcontent"},
        {"dropdown", "dropdown"},    {"dropdown", "language"},
        {"message", "message"},      {"form", "last_name"},
        {"set_cookie", "UserID"},    {"set_cookie", "Password"}};
    serve({"hello_get", "radiobutton", "textarea", "dropdown", "message", "form",
           "set_cookie"});
    Client browser = client();
    for (const auto& [example, field] : fields) {
        const std::string path = std::string("/") + example;
        const std::string query = std::string(field) + "=" + hostile_quoted;
        for (const Reply& reply :
             {browser.get(path + "?" + query), browser.post(path, query),
              browser.upload(path, {{field, hostile}})}) {
            EXPECT_EQ(reply.status, 200) << path;
            EXPECT_THAT(reply.body, Not(HasSubstr("<script"))) << path;
            EXPECT_THAT(reply.body, HasSubstr("&quot;&#x27;&gt;&lt;script&gt;alert(1)"))
                << path << " " << field;
        }
        // The path is the client's as well.
        const Reply below = browser.get(path + "/%22%3E%3Cscript%3E");
        EXPECT_THAT(below.body, Not(HasSubstr("<script"))) << path;
    }
}

TEST_P(Example, CookiesGoOutAsAskedAndComeBack) {
    serve({"set_cookie", "get_cookie"});
    Client browser = client();
    const Reply usual = browser.get("/set_cookie");
    const auto cookies = usual.all("set-cookie");
    ASSERT_EQ(cookies.size(), 2u);
    EXPECT_THAT(cookies[0], ::testing::StartsWith("UserID=XYZ;"));
    EXPECT_THAT(cookies[1], ::testing::StartsWith("Password=XYZ123;"));
    EXPECT_THAT(cookies[0], HasSubstr("Path=/"));
    EXPECT_THAT(cookies[0], HasSubstr("Expires="));
    const Reply asked =
        browser.post("/set_cookie",
                     "UserID=u1&Password=p1&Domain=example.com&Path=/perl&"
                     "Expires=Tue,+31+Dec+2030+23:12:40+GMT");
    const auto set = asked.all("set-cookie");
    ASSERT_EQ(set.size(), 2u);
    for (const char* piece : {"UserID=u1", "Domain=example.com", "Path=/perl",
                              "Expires=Tue, 31 Dec 2030 23:12:40 GMT"})
        EXPECT_THAT(set[0], HasSubstr(piece));
    const Reply back =
        browser.get("/get_cookie", {"Cookie: UserID=u1; Password=<b>; more=1"});
    EXPECT_THAT(back.body,
                HasSubstr("<p>UserID = u1</p>\n<p>Password = &lt;b&gt;</p>"));
    EXPECT_THAT(back.body, HasSubstr("<li>more = 1</li>"));
    EXPECT_THAT(browser.post("/get_cookie", "").body, HasSubstr("UserID = (not set)"));
}

TEST_P(Example, ACookieThatWouldSplitIsTheClientsFault) {
    serve({"set_cookie"});
    const Reply reply = client().get("/set_cookie?Path=/%0D%0AX-Evil:+1");
    EXPECT_EQ(reply.status, 400);
    EXPECT_FALSE(reply.header("x-evil"));
    server.claim("CPPCGI0201: handler \\S+ answered 400: cookie");
}

TEST_P(Example, UploadsAreStoredUnderSafeNames) {
    serve({"save_file"});
    Client browser = client();
    EXPECT_THAT(browser.get("/save_file").body, HasSubstr("type=\"file\""));
    const std::string data("a\0b\r\n--c\xff", 9);
    const std::vector<std::pair<std::string, std::string>> names = {
        {"plain.txt", "plain.txt"},
        {"../../x", "x"},
        {"C:\\x\\y", "y"},
        {"/etc/z", "z"},
        {"..\\..\\w", "w"},
        {".htaccess", "htaccess"},
        {"<b>.txt", ""},
        {"..", ""}};
    for (const auto& [sent, expected] : names) {
        const Reply reply = browser.upload(
            "/save_file", {{"filename", data, sent, "application/octet-stream"}});
        EXPECT_EQ(reply.status, 200) << sent;
        EXPECT_THAT(reply.body, HasSubstr("9 bytes")) << sent;
        EXPECT_THAT(reply.body, Not(HasSubstr("<b>."))) << sent;
        const auto found = stored();
        ASSERT_EQ(found.size(), 1u) << sent;
        if (!expected.empty()) {
            EXPECT_EQ(found[0], expected);
        }
        EXPECT_EQ(read_file(server.root() / "in" / found[0]), data) << sent;
        fs::remove(server.root() / "in" / found[0]);
    }
    EXPECT_FALSE(fs::exists(server.root() / "x"));
    EXPECT_FALSE(fs::exists("/etc/z"));
    // No file chosen, and two at once.
    EXPECT_EQ(browser.upload("/save_file", {{"filename", "", ""}}).status, 200);
    EXPECT_TRUE(stored().empty());
    browser.upload("/save_file", {{"filename", "1", "one"}, {"filename", "2", "two"}});
    EXPECT_THAT(stored(), ::testing::UnorderedElementsAre("one", "two"));
}

TEST_P(Example, DownloadHasAUtf8Name) {
    serve({"download"});
    const Reply reply = client().get("/download");
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.header("content-disposition").value_or(""),
                ::testing::MatchesRegex(
                    "attachment; filename=\"[ -~]*\"; "
                    "filename\\*=UTF-8''Gr%C3%BC%C3%9Fe%20aus%20K%C3%B6ln\\.txt"));
    EXPECT_EQ(reply.body, "Sch\u00f6ne Gr\u00fc\u00dfe!\n");
    const Reply other = client().post("/download", "name=a%0D%0AX-Evil:+1%22.txt");
    EXPECT_EQ(other.status, 200);
    EXPECT_FALSE(other.header("x-evil"));
}

TEST_P(Example, PostWritesTheBodyBack) {
    serve({"post"});
    Client browser = client();
    const std::string body = "a=1&b=" + std::string(300, 'x');
    const Reply reply = browser.post("/post", body);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(reply.body, body);
    EXPECT_EQ(browser.get("/post").body, "");
    const std::string large(300000, 'y');
    EXPECT_EQ(browser.post("/post", large).body, large);
}

TEST_P(Example, TestShowsEverythingEscaped) {
    serve({"test"});
    const std::string query = std::string("a=1&b=") + hostile_quoted;
    for (const Reply& reply :
         {client().get("/test?" + query), client().post("/test", query)}) {
        EXPECT_EQ(reply.status, 200);
        EXPECT_THAT(reply.body, HasSubstr("GATEWAY_INTERFACE"));
        EXPECT_THAT(reply.body, HasSubstr("&lt;script&gt;"));
        EXPECT_THAT(reply.body, Not(HasSubstr("<script")));
    }
}

#ifdef CPPCGI_HAVE_JSON
TEST_P(Example, InspectTellsWhatItWasGiven) {
    serve({"inspect"});
    const Reply reply = client().post(
        "/inspect?q=%FF",
        "a=1&b=", {"Cookie: c=\xff; d=2", "X-Form-Option: errors=replace"});
    EXPECT_EQ(reply.header("content-type"), "application/json");
    const auto answer = nlohmann::json::parse(reply.body);
    EXPECT_EQ(answer["method"], "POST");
    EXPECT_EQ(answer["environ"]["QUERY_STRING"], "q=%FF");
    EXPECT_EQ(answer["cookies"][1]["value"], "2");
    ASSERT_EQ(answer["fields"].size(), 2u);
    EXPECT_EQ(answer["fields"][0]["name"], "a");
    EXPECT_EQ(answer["fields"][0]["size"], 1);
    EXPECT_EQ(answer["fields"][0]["type"], nullptr);
    EXPECT_EQ(answer["fields"][1]["value"], "\ufffd");
    EXPECT_EQ(answer["fields"][1]["value_base64"], "/w==");
    EXPECT_EQ(answer["error"], nullptr);
}

TEST_P(Example, InspectTellsTheKindOfAnError) {
    serve({"inspect"});
    const Reply reply =
        client().get("/inspect?a=1&b=2", {"X-Form-Option: max_num_fields=1"});
    EXPECT_EQ(nlohmann::json::parse(reply.body)["error"]["kind"], "too_many_fields");
    const Reply option = client().get("/inspect", {"X-Form-Option: maxlen=many"});
    EXPECT_EQ(nlohmann::json::parse(option.body)["error"]["kind"], "bad_option");
}
#endif

TEST_P(Example, ProgressIsAPageWithABarAndItsEvents) {
    serve({"progress"});
    EXPECT_THAT(client().get("/progress?seconds=7").body,
                HasSubstr("<progress id=\"bar\" max=\"100\" value=\"0\" "
                          "data-seconds=\"7\">"));
    const Reply reply =
        client().get("/progress?events=on&seconds=1", {"Last-Event-ID: 98"});
    EXPECT_EQ(reply.header("Content-Type"), "text/event-stream");
    EXPECT_EQ(reply.body,
              "id: 99\nevent: progress\ndata: 99\n\n"
              "id: 100\nevent: progress\ndata: 100\n\n"
              "event: done\ndata: The job is done.\n\n");
    // The first one of a job of a minute is there long before its end. A program that
    // still runs when the server stops is ended.
    server.log().allow("CPPCGI0430.*progress was ended by signal");
    std::string text;
    EXPECT_EQ(stream({.port = server.port(), .path = "/progress?events=on&seconds=60"},
                     [&](std::string_view bytes) {
                         text += bytes;
                         return text.find("data: 1\n\n") == text.npos;
                     })
                  .end,
              StreamEnd::left)
        << text;
}

std::vector<std::tuple<std::string, Way>> ways() {
    std::vector<std::tuple<std::string, Way>> result;
    for (const std::string& mpm : mpms())
        for (const Way way : {Way::handler, Way::program, Way::worker})
            result.emplace_back(mpm, way);
    return result;
}

std::string name_of(Way way) {
    return way == Way::handler ? "handler" : way == Way::program ? "program" : "worker";
}

INSTANTIATE_TEST_SUITE_P(All, Example, ::testing::ValuesIn(ways()), [](const auto& p) {
    return std::get<std::string>(p.param) + "_" + name_of(std::get<Way>(p.param));
});

}  // namespace
}  // namespace cppcgi_test
