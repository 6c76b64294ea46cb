#include <cppcgi/http_date.h>

#include <gtest/gtest.h>

namespace cppcgi {
namespace {

using namespace std::chrono;

constexpr Time the_example = sys_days(year(1994) / 11 / 6) + 8h + 49min + 37s;

TEST(HttpDate, IsWrittenInTheFixedForm) {
    EXPECT_EQ(http_date(the_example + 999ms), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(Time{}), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(http_date(Time{} - 1ms), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(HttpDate, AllThreeFormsAreRead) {
    for (const char* text :
         {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
          "Sun Nov  6 08:49:37 1994"})
        EXPECT_EQ(parse_http_date(text), the_example) << text;
    EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994"), the_example + days(10));
}

TEST(HttpDate, WhatIsNoneIsRefused) {
    for (const char* text :
         {"", "Sun", "Sun,", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994",
          "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Non 1994 08:49:37 GMT",
          "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
          "Sun, 06 Nov 1994 08:49:37 GMT ", "Son, 06 Nov 1994 08:49:37 GMT",
          "Sunday, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET"})
        EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

TEST(HttpDate, ReadsWhatItWrites) {
    for (int day = 0; day < 40000; day += 97) {
        const Time when = Time{} + days(day) + seconds(day);
        EXPECT_EQ(parse_http_date(http_date(when)), when) << http_date(when);
    }
}

}  // namespace
}  // namespace cppcgi
