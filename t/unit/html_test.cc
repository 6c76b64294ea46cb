#include <cppcgi/html.h>

#include "core/html_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cppcgi {
namespace {

using namespace std::literals;

TEST(Html, EscapesTextAndAttributes) {
    EXPECT_EQ(html("<p title=\"{}\">{}</p>", "\"'&", "<b>").markup(),
              "<p title=\"&quot;&#x27;&amp;\">&lt;b&gt;</p>");
}

TEST(Html, WritesNumbersWithoutLocale) {
    EXPECT_EQ(html("{} {} {} {}", 12345678, -1.5, true, '<').markup(),
              "12345678 -1.5 true &lt;");
}

TEST(Html, TakesAllKindsOfText) {
    const std::string text = "a&b";
    EXPECT_EQ(html("{}{}{}", text, "c"sv, "d").markup(), "a&amp;bcd");
}

TEST(Html, DoubledBracesStandForOne) {
    EXPECT_EQ(html("<style>p {{ color: red }}</style>{}", "x").markup(),
              "<style>p { color: red }</style>x");
    EXPECT_EQ(html("{{{}}}", "x").markup(), "{x}");
    EXPECT_EQ(html("{{}}").markup(), "{}");
}

TEST(Html, FragmentsComposeUnescaped) {
    Html rows;
    for (const char* cell : {"1", "<2>"}) rows += html("<td>{}</td>", cell);
    EXPECT_EQ(html("<tr>{}</tr>", rows).markup(),
              "<tr><td>1</td><td>&lt;2&gt;</td></tr>");
    EXPECT_EQ(html("{}", Html::trusted("<br>")).markup(), "<br>");
}

TEST(Html, RefusesUrlsThatRunCode) {
    for (const char* url :
         {"javascript:alert(1)", "JaVaScRiPt:x", " \tjava\nscript:x",
          "\x01javascript:x", "vbscript:x", "data:text/html,x", "java\tscript\n:x"})
        EXPECT_EQ(html("<a href=\"{}\">", url).markup(),
                  "<a href=\"about:invalid#refused\">")
            << url;
}

TEST(Html, LetsOtherUrlsPass) {
    for (const char* url :
         {"https://example.org/", "/a?javascript:1", "mailto:a@b", "a", "",
          "#javascript:", "javascripts:x", "./data:x", "//host/x"})
        EXPECT_EQ(html("<a href=\"{}\">", url).markup(),
                  "<a href=\"" + std::string(url) + "\">");
    EXPECT_EQ(html("<a href=\"/x?q={}\">", "javascript:").markup(),
              "<a href=\"/x?q=javascript:\">");
}

// The reader that runs at compile time, run here on formats that do compile.
std::vector<HtmlPlace> places(std::string_view format) {
    detail::HtmlReader reader;
    std::vector<HtmlPlace> found;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format.substr(i, 2) != "{}") {
            reader.read(format[i]);
            continue;
        }
        found.push_back(reader.place());
        ++i;
    }
    return found;
}

TEST(HtmlReader, KnowsWhereAPlaceStands) {
    using enum HtmlPlace;
    const auto is = [](HtmlPlace place) { return std::vector{place}; };
    EXPECT_EQ(places("{}"), is(text));
    EXPECT_EQ(places("1 < 2 {}"), is(text));
    EXPECT_EQ(places("<!-- > <a href=\" -->{}"), is(text));
    EXPECT_EQ(places("<!DOCTYPE html>{}"), is(text));
    EXPECT_EQ(places("<script>if (a</b/) '</scrip>'</script >{}"), is(text));
    EXPECT_EQ(places("<textarea>{}</textarea>"), is(text));
    EXPECT_EQ(places("<TITLE>{}</TITLE>"), is(text));
    EXPECT_EQ(places("<textarea></textarea><p>{}"), is(text));
    EXPECT_EQ(places("<a title='{}'>"), is(attribute));
    EXPECT_EQ(places("<a b title = '>{}'>"), is(attribute));
    EXPECT_EQ(places("<A HREF='{}'>"), is(url));
    EXPECT_EQ(places("<img alt=x src=\"{}\">"), is(url));
    EXPECT_EQ(places("<form action=\"/a/{}\">"), is(attribute));
    EXPECT_EQ(places("<a href=\"{}?x={}\">"), (std::vector{url, attribute}));
    EXPECT_EQ(places("<a href=\"mailto:{}\">"), is(attribute));
    EXPECT_EQ(places("<a href=\"{}/a:b/{}\">"), (std::vector{url, attribute}));
    EXPECT_EQ(places("<a title=\"{}: {}\">"), (std::vector{attribute, attribute}));
    EXPECT_EQ(places("<a href=\"/a\" src='{}'>"), is(url));
    EXPECT_EQ(places("<br/>{}"), is(text));
    EXPECT_EQ(places("</p class=\">\">{}"), is(text));
    EXPECT_EQ(places("<?php \" ?>{}"), is(text));
}

TEST(HtmlWriter, UnsafeSchemeEndsAtTheFirstDelimiter) {
    EXPECT_TRUE(detail::has_unsafe_scheme("javascript:"));
    EXPECT_FALSE(detail::has_unsafe_scheme("javascript"));
    EXPECT_FALSE(detail::has_unsafe_scheme("/javascript:"));
    EXPECT_FALSE(detail::has_unsafe_scheme(std::string(100, 'a') + ":javascript:"));
}

}  // namespace
}  // namespace cppcgi
