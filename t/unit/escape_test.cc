#include <cppcgi/escape.h>

#include <cppcgi/parse.h>

#include "t/guard_page.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace cppcgi {
namespace {

std::string all_bytes() {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
}

TEST(Escape, ReplacesMarkupAndQuotes) {
    EXPECT_EQ(escape("<a href=\"x\">'&'</a>"),
              "&lt;a href=&quot;x&quot;&gt;&#x27;&amp;&#x27;&lt;/a&gt;");
    EXPECT_EQ(escape(""), "");
    EXPECT_EQ(escape("plain"), "plain");
    EXPECT_EQ(escape("&lt;"), "&amp;lt;");
}

TEST(Escape, LeavesQuotesOnRequest) {
    EXPECT_EQ(escape("\"'<&>", false), "\"'&lt;&amp;&gt;");
}

TEST(Escape, LeavesOtherBytesAlone) {
    EXPECT_EQ(escape("gr\xc3\xbc\xc3\x9f\xff"), "gr\xc3\xbc\xc3\x9f\xff");
    EXPECT_EQ(escape(std::string_view("a\0b", 3)), std::string_view("a\0b", 3));
}

TEST(Escape, AppendsToWhatIsThere) {
    std::string out = "<p>";
    append_escaped(out, "a<b");
    EXPECT_EQ(out, "<p>a&lt;b");
}

TEST(Quote, KeepsUnreservedAndSafeCharacters) {
    EXPECT_EQ(quote("/a b~c-d_e.f"), "/a%20b~c-d_e.f");
    EXPECT_EQ(quote("/a", ""), "%2Fa");
    EXPECT_EQ(quote("a&b=c", "&="), "a&b=c");
    EXPECT_EQ(quote("\xc3\xbc"), "%C3%BC");
    EXPECT_EQ(quote("\xc3\xbc", "\xc3\xbc"), "%C3%BC");
    EXPECT_EQ(quote(std::string_view("\0\x7f", 2)), "%00%7F");
}

TEST(QuotePlus, WritesASpaceAsPlus) {
    EXPECT_EQ(quote_plus("a b+c/d"), "a+b%2Bc%2Fd");
    EXPECT_EQ(quote_plus("a b/", "/"), "a+b/");
    EXPECT_EQ(quote_plus("a b", " "), "a+b");
}

TEST(Unquote, DecodesOnlyWholeEscapes) {
    EXPECT_EQ(unquote("%41%4a%4A"), "AJJ");
    EXPECT_EQ(unquote("100%"), "100%");
    EXPECT_EQ(unquote("%4"), "%4");
    EXPECT_EQ(unquote("%zz%%41%"), "%zz%A%");
    EXPECT_EQ(unquote("a+b"), "a+b");
    EXPECT_EQ(unquote_plus("a+b%2B"), "a b+");
    EXPECT_EQ(unquote("%00"), std::string_view("\0", 1));
}

TEST(Unquote, ReadsNothingBehindTheInput) {
    for (const char* text : {"", "%", "%4", "%41", "a%4", "%%%"}) {
        const cppcgi_test::GuardPage page(text);
        EXPECT_LE(unquote(page.view()).size(), page.view().size());
    }
}

TEST(Quote, IsUndoneByUnquote) {
    EXPECT_EQ(unquote(quote(all_bytes())), all_bytes());
    EXPECT_EQ(unquote_plus(quote_plus(all_bytes())), all_bytes());
}

TEST(Urlencode, JoinsPairsInOrder) {
    EXPECT_EQ(urlencode({{"b", "1 2"}, {"a", "&="}, {"b", ""}}), "b=1+2&a=%26%3D&b=");
    EXPECT_EQ(urlencode({{"", ""}, {"", ""}}), "=&=");
    EXPECT_EQ(urlencode(std::map<std::string, std::string>{}), "");
    EXPECT_EQ(urlencode(std::vector<std::pair<std::string, std::string>>{{"x", "/"}}),
              "x=%2F");
}

TEST(Urlencode, TakesSeveralValuesOfAName) {
    const std::map<std::string, std::vector<std::string>> several{{"a", {"1", "2 3"}},
                                                                  {"b", {}}};
    EXPECT_EQ(urlencode(several), "a=1&a=2+3");
    EXPECT_EQ(urlencode(parse_qs("x=%C3%BC&y=1&x=2")), "x=%C3%BC&x=2&y=1");
}

}  // namespace
}  // namespace cppcgi
