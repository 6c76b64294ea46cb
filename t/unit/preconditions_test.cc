#include "core/preconditions.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace cppcgi::detail {
namespace {

using namespace std::chrono_literals;

const Time now = Time{} + 1000h;
const Time changed = now - 10h;

Verdict check(const Conditions& conditions, std::string_view etag = "\"v1\"",
              std::string_view method = "GET") {
    return check_conditions(method, conditions, etag, changed, now);
}

TEST(Preconditions, WithoutAnyThePageIsMade) { EXPECT_EQ(check({}), Verdict::proceed); }

TEST(Preconditions, IfNoneMatchComparesWeakly) {
    for (const char* list : {"\"v1\"", "W/\"v1\"", "\"a\", \"v1\"", "\"a,b\",W/\"v1\"",
                             "*", " * ", ",, \"v1\" ,"}) {
        EXPECT_EQ(check({.if_none_match = list}), Verdict::not_modified) << list;
        EXPECT_EQ(check({.if_none_match = list}, "W/\"v1\"", "HEAD"),
                  Verdict::not_modified)
            << list;
    }
    for (const char* list : {"\"v2\"", "v1", "", "\"a, \"v1\"", "\"V1\"", "w/\"v1\""})
        EXPECT_EQ(check({.if_none_match = list}), Verdict::proceed) << list;
}

TEST(Preconditions, IfNoneMatchFailsWhatIsToChange) {
    EXPECT_EQ(check({.if_none_match = "*"}, "\"v1\"", "PUT"), Verdict::failed);
    EXPECT_EQ(check({.if_none_match = "\"v1\""}, "\"v1\"", "DELETE"), Verdict::failed);
    EXPECT_EQ(check({.if_none_match = "\"v2\""}, "\"v1\"", "PUT"), Verdict::proceed);
}

TEST(Preconditions, IfMatchComparesStrongly) {
    EXPECT_EQ(check({.if_match = "\"a\", \"v1\""}), Verdict::proceed);
    EXPECT_EQ(check({.if_match = "*"}), Verdict::proceed);
    EXPECT_EQ(check({.if_match = "*"}, ""), Verdict::proceed);
    EXPECT_EQ(check({.if_match = "\"v2\""}), Verdict::failed);
    EXPECT_EQ(check({.if_match = "W/\"v1\""}), Verdict::failed);
    EXPECT_EQ(check({.if_match = "W/\"v1\""}, "W/\"v1\""), Verdict::failed);
    EXPECT_EQ(check({.if_match = "\"v1\""}, ""), Verdict::failed);
    EXPECT_EQ(check({.if_match = "\"v2\""}, "\"v1\"", "PUT"), Verdict::failed);
}

TEST(Preconditions, DatesCompareBySeconds) {
    const std::string same = http_date(changed), before = http_date(changed - 1s);
    const auto since = [](const std::string& date, const char* method = "GET") {
        return check({.if_modified_since = date}, "", method);
    };
    EXPECT_EQ(since(same), Verdict::not_modified);
    EXPECT_EQ(since(same, "HEAD"), Verdict::not_modified);
    EXPECT_EQ(since(same, "POST"), Verdict::proceed);
    EXPECT_EQ(since(before), Verdict::proceed);
    EXPECT_EQ(since("soon"), Verdict::proceed);
    // A date that has not come yet is none (RFC 9110 section 13.1.3).
    EXPECT_EQ(since(http_date(now + 1h)), Verdict::proceed);
    EXPECT_EQ(check({.if_unmodified_since = same}), Verdict::proceed);
    EXPECT_EQ(check({.if_unmodified_since = before}), Verdict::failed);
    EXPECT_EQ(check({.if_unmodified_since = "never"}), Verdict::proceed);
}

TEST(Preconditions, TagsGoBeforeDates) {
    const std::string same = http_date(changed), before = http_date(changed - 1s);
    EXPECT_EQ(check({.if_none_match = "\"v2\"", .if_modified_since = same}),
              Verdict::proceed);
    EXPECT_EQ(check({.if_none_match = "\"v1\"", .if_modified_since = before}),
              Verdict::not_modified);
    EXPECT_EQ(check({.if_match = "\"v1\"", .if_unmodified_since = before}),
              Verdict::proceed);
    EXPECT_EQ(check({.if_match = "\"v2\"", .if_none_match = "\"v1\""}),
              Verdict::failed);
}

TEST(EntityTag, IsQuotedOnce) {
    EXPECT_EQ(to_etag("v1", false), "\"v1\"");
    EXPECT_EQ(to_etag("v1", true), "W/\"v1\"");
    EXPECT_EQ(to_etag("\"v1\"", false), "\"v1\"");
    EXPECT_EQ(to_etag("W/\"v1\"", false), "W/\"v1\"");
    EXPECT_EQ(to_etag("\xc3\xa9", false), "\"\xc3\xa9\"");
    for (const char* text :
         {"a b", "a\"b", "a\nb", "\"a", "\"a\"b\"", "\"\n\"", "W/\""})
        EXPECT_THROW(to_etag(text, false), std::invalid_argument) << text;
}

}  // namespace
}  // namespace cppcgi::detail
