#include <cppcgi/request.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "t/memory_call.h"

namespace cppcgi {
namespace {

using cppcgi_test::Answer;
using cppcgi_test::call;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Request, KnowsItsUrl) {
    const Answer answer = call(
        [](auto& req, auto& res) {
            res << req.method() << ' ' << req.script_name() << ' ' << req.path_info()
                << ' ' << req.query_string();
        },
        {.method = "PUT", .url = "/page/a%20b/c?x=%20"});
    EXPECT_EQ(answer.page.body, "PUT /page /a b/c x=%20");
}

TEST(Request, HeadersHaveNoCase) {
    const Answer answer = call(
        [](auto& req, auto& res) {
            res << req.header("x-thing").value_or("(none)")
                << req.header("X-Other").value_or("(none)");
        },
        {.options = {.headers = {{"X-Thing", "here"}}}});
    EXPECT_EQ(answer.page.body, "here(none)");
}

TEST(Request, ArgumentsAreWordsOfAQueryWithoutEquals) {
    constexpr auto words = [](Request& req, Response& res) {
        for (const auto word : req.arguments()) res << word << ';';
    };
    EXPECT_EQ(call(words, {.url = "/p?a+b%2Bc++d"}).page.body, "a;b+c;d;");
    EXPECT_EQ(call(words, {.url = "/p?a=1"}).page.body, "");
    EXPECT_EQ(call(words, {.url = "/p"}).page.body, "");
}

TEST(Request, CookiesAreReadOnce) {
    const Answer answer = call(
        [](auto& req, auto& res) {
            EXPECT_EQ(&req.cookies(), &req.cookies());
            res << req.cookies()["user"] << req.cookies().size();
        },
        {.options = {.cookies = {{"user", "ann"}, {"b", "2"}}}});
    EXPECT_EQ(answer.page.body, "ann2");
}

TEST(Request, BodyIsOneStreamHoweverItIsCut) {
    for (const std::size_t slice : {1u, 3u, 1000u}) {
        const Answer answer = call(
            [](auto& req, auto& res) {
                std::string line;
                while (std::getline(req.body(), line)) res << '[' << line << ']';
                EXPECT_FALSE(req.body().bad());
            },
            {.method = "POST", .body = "one\ntwo\n\nthree", .slice = slice});
        EXPECT_EQ(answer.page.body, "[one][two][][three]") << slice;
    }
}

TEST(Request, BodyThatBreaksOffIsBad) {
    for (const int end : {-400, -408, -413, -499, -500}) {
        const Answer answer = call(
            [](auto& req, auto& res) {
                std::string word;
                while (req.body() >> word) res << word;
                res << (req.body().bad() ? " bad" : " good");
            },
            {.method = "POST", .body = "half", .body_end = end});
        EXPECT_EQ(answer.page.body, " bad") << end;
    }
}

TEST(Request, ParametersAreTheServers) {
    const Answer answer = call(
        [](auto& req, auto& res) {
            res << req.param("motto").value_or("(none)")
                << req.param("other").value_or("(none)");
        },
        {.options = {.params = {{"motto", "simple"}}}});
    EXPECT_EQ(answer.page.body, "simple(none)");
}

TEST(Request, LimitsAreTheServers) {
    program::MemoryRequest request;
    request.options.limits.max_fields = 7;
    request.options.limits.spool_dir = "/spool";
    const Answer answer = call(
        [](auto& req, auto& res) {
            res << req.limits().max_fields << req.limits().spool_dir << ' '
                << req.limits().max_body;
        },
        request);
    EXPECT_EQ(answer.page.body, "7/spool 67108864");
}

TEST(Request, LogNamesFileAndLine) {
    const Answer answer =
        call([](auto& req, auto&) { req.log(LogLevel::warn, "odd\x1bthing\n"); });
    EXPECT_THAT(
        answer.page.log,
        StartsWith("CPPCGI0200: test: odd\\x1bthing\\n (t/unit/request_test.cc:"));
}

}  // namespace
}  // namespace cppcgi
