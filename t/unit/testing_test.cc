#include <cppcgi/testing.h>

#include <cppcgi.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

CPPCGI_HANDLER(tested_visits, req, res) {
    const std::string seen(req.cookies()["seen"]);
    res.cookie(cppcgi::Cookie("seen", seen + "x"));
    res << "seen " << seen.size() << " times, at " << req.path_info();
}
CPPCGI_TEST_HANDLER(tested_visits)

CPPCGI_HANDLER(tested_echo, req, res) {
    res.content_type("text/plain");
    res << req.method() << ' ' << req.environ()["CONTENT_TYPE"] << ' ';
    res.out() << req.body().rdbuf();
}
CPPCGI_TEST_HANDLER(tested_echo)

static int starts = 0;
CPPCGI_CHILD_START() { ++starts; }

namespace cppcgi::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(Testing, PageHasStatusHeadBodyAndCookies) {
    const Page page = get("/tested_visits/here?x=1");
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.head, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
    EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
    EXPECT_EQ(page.body, "seen 0 times, at /here");
    EXPECT_THAT(page.cookies, ElementsAre(Pair("seen", "x")));
    EXPECT_EQ(page.cookie("seen"), "x");
    EXPECT_TRUE(page.complete);
}

TEST(Testing, HeadHasNoBody) {
    const Page page = head("/tested_visits");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.body, "");
}

TEST(Testing, ClientKeepsCookies) {
    Client client;
    client.get("/tested_visits");
    client.get("/tested_visits");
    EXPECT_EQ(client.get("/tested_visits").body, "seen 2 times, at ");
    EXPECT_THAT(client.cookies(), ElementsAre(Pair("seen", "xxx")));
}

TEST(Testing, PostIsUrlencoded) {
    EXPECT_EQ(post("/tested_echo", {{"a", "1 2"}, {"b", "&"}}).body,
              "POST application/x-www-form-urlencoded a=1+2&b=%26");
}

TEST(Testing, UploadIsMultipart) {
    const Page page = upload("/tested_echo", {{"note", "hi"},
                                              {.name = "file",
                                               .content = "bytes",
                                               .filename = "a\"b.txt",
                                               .type = "text/plain"}});
    EXPECT_THAT(page.body, HasSubstr("POST multipart/form-data; boundary=----cppcgi"));
    EXPECT_THAT(page.body, HasSubstr("\r\nContent-Disposition: form-data; name=\"note\""
                                     "\r\n\r\nhi\r\n--"));
    EXPECT_THAT(page.body,
                HasSubstr("\r\nContent-Disposition: form-data; name=\"file\"; "
                          "filename=\"a%22b.txt\"\r\nContent-Type: text/plain"
                          "\r\n\r\nbytes\r\n--"));
}

TEST(Testing, SendTakesAnyMethodAndBody) {
    EXPECT_EQ(send("PATCH", "/tested_echo", "{}",
                   {.headers = {{"Content-Type", "application/json"}}})
                  .body,
              "PATCH application/json {}");
}

TEST(Testing, ChildStartRunsOnce) {
    for (int i = 0; i < 2; ++i) {
        get("/tested_visits");
        EXPECT_EQ(starts, 1);
    }
}

TEST(Testing, UnknownHandlerThrows) {
    EXPECT_THROW(get("/nobody"), std::invalid_argument);
}

}  // namespace
}  // namespace cppcgi::testing
