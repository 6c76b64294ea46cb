// Each example in memory, as a user tests a page: without a server, by what
// cppcgi/testing.h offers.
#include <cppcgi/testing.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "t/process.h"
#include "t/scratch_directory.h"

#if defined(CPPCGI_HAVE_JSON) && defined(CPPCGI_HAVE_LIBCRYPTO)
#include <nlohmann/json.hpp>
CPPCGI_TEST_HANDLER(inspect)
#endif

CPPCGI_TEST_HANDLER(checkbox)
CPPCGI_TEST_HANDLER(download)
CPPCGI_TEST_HANDLER(dropdown)
CPPCGI_TEST_HANDLER(fault)
CPPCGI_TEST_HANDLER(form)
CPPCGI_TEST_HANDLER(get_cookie)
CPPCGI_TEST_HANDLER(get_env)
CPPCGI_TEST_HANDLER(hello)
CPPCGI_TEST_HANDLER(hello_get)
CPPCGI_TEST_HANDLER(message)
CPPCGI_TEST_HANDLER(post)
CPPCGI_TEST_HANDLER(progress)
CPPCGI_TEST_HANDLER(radiobutton)
CPPCGI_TEST_HANDLER(save_file)
CPPCGI_TEST_HANDLER(set_cookie)
CPPCGI_TEST_HANDLER(test)
CPPCGI_TEST_HANDLER(textarea)

namespace cppcgi::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

TEST(Examples, HelloIsAPage) {
    const Page page = get("/hello");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
    EXPECT_THAT(page.body, HasSubstr("<h1>Hello, world</h1>"));
    EXPECT_EQ(page.log, "");
}

TEST(Examples, GetEnvShowsTheEnvironment) {
    const Page page = get("/get_env/more?a=%3C", {.headers = {{"X-Test", "<b>"}},
                                                  .environ = {{"HTTPS", "on"}}});
    const auto row = [](const std::string& name, const std::string& value) {
        return HasSubstr("<tr><th scope=\"row\">" + name + "</th><td>" + value +
                         "</td></tr>\n");
    };
    EXPECT_THAT(page.body, row("QUERY_STRING", "a=%3C"));
    EXPECT_THAT(page.body, row("PATH_INFO", "/more"));
    EXPECT_THAT(page.body, row("HTTP_X_TEST", "&lt;b&gt;"));
    EXPECT_THAT(page.body, row("HTTPS", "on"));
}

struct FormAnswer {
    const char* path;
    Pairs form;
    const char* query;
    const char* says;
};

TEST(Examples, FormsAnswerGetPostAndUploadAlike) {
    const FormAnswer answers[] = {
        {"/hello_get",
         {{"first_name", "Zara"}, {"last_name", "Ali"}},
         "first_name=Zara&last_name=Ali",
         "<h1>Hello Zara Ali</h1>"},
        {"/checkbox",
         {{"physics", "on"}},
         "physics=on",
         "Maths is off.</p>\n<p>Physics is on."},
        {"/radiobutton",
         {{"subject", "physics"}},
         "subject=physics",
         "Selected subject: physics<"},
        {"/textarea",
         {{"textcontent", "one\r\ntwo &"}},
         "textcontent=one%0D%0Atwo+%26",
         "<pre>one\r\ntwo &amp;</pre>"},
        {"/dropdown",
         {{"dropdown", "maths"}, {"language", "C++"}, {"language", "Python"}},
         "dropdown=maths&language=C%2B%2B&language=Python",
         "maths</p>\n<ul>\n<li>C++</li>\n<li>Python</li>\n</ul>"},
        {"/message",
         {{"message", "\"><script>"}},
         "message=%22%3E%3Cscript%3E",
         "Previous message: &quot;&gt;&lt;script&gt;<"},
        {"/form",
         {{"first_name", "<b>"}, {"last_name", "Ali"}},
         "first_name=%3Cb%3E&last_name=Ali",
         "<h1>Hello &lt;b&gt; Ali</h1>"}};
    for (const auto& [path, form, query, says] : answers) {
        std::vector<Part> parts;
        for (const auto& [name, value] : form) parts.push_back({name, value});
        for (const Page& page : {get(std::string(path) + "?" + query), post(path, form),
                                 upload(path, parts)}) {
            EXPECT_EQ(page.status, 200) << path;
            EXPECT_THAT(page.body, HasSubstr(says)) << path;
            EXPECT_THAT(page.body, Not(HasSubstr("<script>"))) << path;
        }
    }
}

TEST(Examples, CookiesGoOutAndComeBack) {
    Client browser;
    EXPECT_THAT(browser.get("/get_cookie").body, HasSubstr("UserID = (not set)"));
    const Page set = browser.post("/set_cookie", {{"UserID", "u1"}});
    EXPECT_THAT(set.cookies,
                ElementsAre(Pair("UserID", "u1"), Pair("Password", "XYZ123")));
    EXPECT_THAT(set.header("Set-Cookie").value_or(""), StartsWith("UserID=u1;"));
    EXPECT_THAT(browser.get("/get_cookie").body,
                HasSubstr("<p>UserID = u1</p>\n<p>Password = XYZ123</p>"));
}

TEST(Examples, CookieThatWouldSplitTheHeadIs400) {
    const Page page = get("/set_cookie?Path=/%0D%0AX-Evil:+1");
    EXPECT_EQ(page.status, 400);
    EXPECT_EQ(page.header("X-Evil"), std::nullopt);
    EXPECT_THAT(page.log, StartsWith("CPPCGI0201: handler set_cookie answered 400"));
}

TEST(Examples, UploadsAreStoredUnderSafeNames) {
    const cppcgi_test::ScratchDirectory directory;
    const Options options = {.params = {{"upload_dir", directory.path()}}};
    const std::string data("a\0b\r\n--c\xff", 9);
    const Page page = upload("/save_file",
                             {{"filename", data, "../../x.bin"},
                              {"filename", std::string(400000, 'x'), "large"}},
                             options);
    EXPECT_EQ(page.status, 200) << page.log;
    EXPECT_THAT(page.body, HasSubstr("<b>x.bin</b>, 9 bytes (sent as <i>../../x.bin"));
    EXPECT_EQ(cppcgi_test::read_file(directory / "x.bin"), data);
    EXPECT_EQ(std::filesystem::file_size(directory / "large"), 400000u);
}

TEST(Examples, UploadBeyondTheLimitIs413) {
    const cppcgi_test::ScratchDirectory directory;
    Options options = {.params = {{"upload_dir", directory.path()}}};
    options.limits.max_file = 1000;
    const Page page =
        upload("/save_file", {{"filename", std::string(1001, 'x'), "large"}}, options);
    EXPECT_EQ(page.status, 413);
    EXPECT_FALSE(std::filesystem::exists(directory / "large"));
}

TEST(Examples, DownloadHasAUtf8Name) {
    const Page page = get("/download");
    EXPECT_THAT(page.header("Content-Disposition").value_or(""),
                HasSubstr("filename*=UTF-8''Gr%C3%BC%C3%9Fe%20aus%20K%C3%B6ln.txt"));
    EXPECT_EQ(page.body, "Sch\u00f6ne Gr\u00fc\u00dfe!\n");
}

TEST(Examples, PostWritesTheBodyBack) {
    EXPECT_EQ(post("/post", {{"a", "1"}, {"b", "2"}}).body, "a=1&b=2");
    const std::string large(300000, 'y');
    EXPECT_EQ(send("PUT", "/post", large).body, large);
}

TEST(Examples, ProgressGoesOnWhereTheBrowserLeft) {
    const Page page =
        get("/progress?events=on&seconds=1", {.headers = {{"Last-Event-ID", "99"}}});
    EXPECT_EQ(page.header("Content-Type"), "text/event-stream");
    EXPECT_EQ(page.body,
              "id: 100\nevent: progress\ndata: 100\n\n"
              "event: done\ndata: The job is done.\n\n");
}

TEST(Examples, FaultIs500AndALineWithTheException) {
    const Page page = get("/fault?dish=cake");
    EXPECT_EQ(page.status, 500);
    EXPECT_THAT(page.body, Not(HasSubstr("Half of this page")));
    EXPECT_THAT(page.log, HasSubstr("handler fault threw std::out_of_range"));
    EXPECT_THAT(get("/fault?dish=soup").body, HasSubstr("That makes 5."));
}

TEST(Examples, TestShowsEverythingEscaped) {
    const Page page = post("/test", {{"a", "<script>"}});
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr("&lt;script&gt;"));
    EXPECT_THAT(page.body, Not(HasSubstr("<script>")));
}

#if defined(CPPCGI_HAVE_JSON) && defined(CPPCGI_HAVE_LIBCRYPTO)
TEST(Examples, InspectTellsWhatItWasGiven) {
    const auto answer = nlohmann::json::parse(
        post("/inspect?q=%FF", {{"a", "1"}}, {.cookies = {{"c", "2"}}}).body);
    EXPECT_EQ(answer["method"], "POST");
    EXPECT_EQ(answer["environ"]["QUERY_STRING"], "q=%FF");
    EXPECT_EQ(answer["cookies"][0]["value"], "2");
    EXPECT_EQ(answer["fields"][0]["name"], "a");
    EXPECT_EQ(answer["fields"][1]["value"], "\ufffd");
    EXPECT_EQ(answer["error"], nullptr);
}
#endif

}  // namespace
}  // namespace cppcgi::testing
