#include "tools/cppcgi/saved_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "core/report_page.h"

namespace cppcgi::tools {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// As the server writes it.
std::string page(const detail::TextPairs& environment,
                 const detail::TextPairs& fields = {},
                 const detail::TextPairs& parameters = {}) {
    detail::ErrorReport report;
    report.handler.name = "shop:bill";
    report.environment = environment;
    for (const auto& [name, value] : environment)
        if (name == "REQUEST_METHOD") report.method = value;
    report.fields = fields;
    report.parameters = parameters;
    return make_report_page(report, true);
}

TEST(SavedReport, IsToldFromARequest) {
    EXPECT_TRUE(is_saved_report(page({{"REQUEST_METHOD", "GET"}})));
    EXPECT_FALSE(is_saved_report("GET /x HTTP/1.1\r\n\r\n"));
    EXPECT_FALSE(is_saved_report(detail::make_visitor_page("1f0c2a9b77de")));
}

TEST(SavedReport, HasUrlHeadersVariablesParametersAndHandler) {
    const SavedReport saved =
        parse_saved_report(page({{"REQUEST_METHOD", "GET"},
                                 {"REQUEST_URI", "/a/bill/more?x=1&y=%3C"},
                                 {"QUERY_STRING", "x=1&y=%3C"},
                                 {"SCRIPT_NAME", "/a/bill"},
                                 {"PATH_INFO", "/more"},
                                 {"HTTP_USER_AGENT", "<me & \"you\">"},
                                 {"REMOTE_USER", "ada"}},
                                {{"x", "1"}, {"y", "<"}}, {{"motto", "more"}}));
    EXPECT_EQ(saved.handler, "bill");
    EXPECT_EQ(saved.request.method, "GET");
    EXPECT_EQ(saved.request.url, "/a/bill/more?x=1&y=%3C");
    EXPECT_EQ(saved.request.body, "");
    EXPECT_THAT(saved.request.options.headers,
                ElementsAre(Pair("User-Agent", "<me & \"you\">")));
    EXPECT_THAT(saved.request.options.environ,
                ElementsAre(Pair("SCRIPT_NAME", "/a/bill"), Pair("PATH_INFO", "/more"),
                            Pair("REMOTE_USER", "ada")));
    EXPECT_THAT(saved.request.options.params, ElementsAre(Pair("motto", "more")));
    EXPECT_THAT(saved.hidden, IsEmpty());
    EXPECT_THAT(saved.missing, IsEmpty());
}

TEST(SavedReport, GivesBackBytesThatWereShownAsCodes) {
    const std::string odd = "a\xff\x01 \xe2\x80\xae \xf0\x9f\x98\x80 \xef\xbf\xbe'\n";
    const SavedReport saved = parse_saved_report(
        page({{"REQUEST_METHOD", "POST"}, {"X", odd}}, {{"odd", odd}}));
    EXPECT_THAT(saved.request.options.environ, Contains(Pair("X", odd)));
    EXPECT_EQ(saved.request.body, "odd=a%FF%01+%E2%80%AE+%F0%9F%98%80+%EF%BF%BE%27%0A");
}

TEST(SavedReport, MakesTheBodyOfTheFieldsThatAreNotTheQuerys) {
    const SavedReport saved =
        parse_saved_report(page({{"REQUEST_METHOD", "POST"},
                                 {"CONTENT_TYPE", "application/x-www-form-urlencoded"},
                                 {"QUERY_STRING", "a=q&empty="}},
                                {{"a", "1 2"}, {"b", "&"}, {"a", "q"}}));
    EXPECT_EQ(saved.request.body, "a=1+2&b=%26");
}

TEST(SavedReport, MakesPartsAndNamesFilesItDoesNotHave) {
    const SavedReport saved = parse_saved_report(
        page({{"REQUEST_METHOD", "POST"},
              {"CONTENT_TYPE", "multipart/form-data; boundary=\"x\""},
              {"QUERY_STRING", "a=q"}},
             {{"a", "q"}, {"a", "1"}, {"f", "file \"b.txt\", 3 bytes"}}));
    EXPECT_EQ(
        saved.request.body,
        "--cppcgi-replay\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
        "--cppcgi-replay\r\nContent-Disposition: form-data; name=\"f\"; "
        "filename=\"b.txt\"\r\n\r\n\r\n--cppcgi-replay--\r\n");
    EXPECT_THAT(saved.request.options.headers,
                ElementsAre(Pair("Content-Type",
                                 "multipart/form-data; boundary=cppcgi-replay")));
    EXPECT_THAT(saved.missing, ElementsAre("the content of the file \"b.txt\""));
}

TEST(SavedReport, NamesWhatIsHiddenAndWhatWasCut) {
    const SavedReport saved =
        parse_saved_report(page({{"REQUEST_METHOD", "POST"},
                                 {"CONTENT_LENGTH", "12"},
                                 {"CONTENT_TYPE", "application/json"},
                                 {"HTTP_AUTHORIZATION", "Basic [hidden]"},
                                 {"QUERY_STRING", "token=[hidden]&a=b"},
                                 {"LONG", "abc... (5000 bytes)"}},
                                {}, {{"api_key", "[hidden]"}}));
    EXPECT_THAT(saved.hidden,
                ElementsAre("the query's token", "the header Authorization",
                            "the parameter api_key"));
    EXPECT_THAT(saved.missing,
                ElementsAre("the end of the variable LONG", HasSubstr("the body")));
}

TEST(SavedReport, WithoutARequestIsASentence) {
    EXPECT_THROW(parse_saved_report("<!DOCTYPE html>"), std::runtime_error);
}

}  // namespace
}  // namespace cppcgi::tools
