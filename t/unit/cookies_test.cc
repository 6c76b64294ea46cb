#include <cppcgi/cookies.h>

#include "t/cookies_oracle.h"
#include "t/guard_page.h"
#include "t/vectors.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace cppcgi {
namespace {

using cppcgi_test::Pairs;

Pairs pairs(const Cookies& cookies) {
    Pairs list;
    for (const auto& [name, value] : cookies) list.emplace_back(name, value);
    return list;
}

Pairs read(std::string_view header) {
    const cppcgi_test::GuardPage page(header);
    return pairs(Cookies(page.view()));
}

TEST(Cookies, AreReadAsTheVectorsExpect) {
    for (const auto& vector : cppcgi_test::vectors("cookies")) {
        if (vector.at("kind") != "parse") continue;
        Pairs expected;
        for (const auto& cookie : vector.at("expected")) {
            expected.emplace_back(cookie.at("name"), cookie.at("value"));
        }
        const auto header = vector.at("header").get<std::string>();
        EXPECT_EQ(read(header), expected) << vector.at("id") << ": " << header;
    }
}

TEST(Cookies, FindTheFirstOfAName) {
    const std::string header = "a=1; b=2; a=3";
    const Cookies cookies(header);
    EXPECT_EQ(cookies.get("a"), "1");
    EXPECT_EQ(cookies["b"], "2");
    EXPECT_EQ(cookies.get("A"), std::nullopt);
    EXPECT_EQ(cookies.get("c", "none"), "none");
    EXPECT_EQ(cookies["c"], "");
    EXPECT_TRUE(cookies.contains("b"));
    EXPECT_FALSE(cookies.contains("c"));
    EXPECT_EQ(cookies.size(), 3u);
}

TEST(Cookies, AreEmptyWithoutAHeader) {
    const Cookies cookies;
    EXPECT_TRUE(cookies.empty());
    EXPECT_EQ(cookies.begin(), cookies.end());
}

// CVE-2023-23934: a browser sends a nameless cookie without its "=".
TEST(Cookies, NamelessOnesShadowNothing) {
    EXPECT_EQ(read("=__Host-sid=evil; a=1"), (Pairs{{"a", "1"}}));
    EXPECT_EQ(read("__Host-sid; a=1"), (Pairs{{"a", "1"}}));
    EXPECT_EQ(read(" =__Secure-sid=evil"), Pairs());
}

// CVE-2012-0021: neither name nor value.
TEST(Cookies, MayBeNeitherNameNorValue) {
    for (const char* header : {"=", "= ", ";", "=;=", ";;", " ; = ;"})
        EXPECT_EQ(read(header), Pairs()) << header;
}

// Werkzeug unquoted names too, and so let a quoted one pass for a __Secure- one.
TEST(Cookies, NamesAreNeverUnquoted) {
    EXPECT_EQ(read("\"__Secure-a\"=1"), (Pairs{{"\"__Secure-a\"", "1"}}));
    EXPECT_EQ(read("\\137_Secure-a=1"), (Pairs{{"\\137_Secure-a", "1"}}));
    EXPECT_EQ(read("%5F_Secure-a=1"), (Pairs{{"%5F_Secure-a", "1"}}));
}

TEST(Cookies, AreKeptAllHoweverMany) {
    for (const int count : {31, 32, 33, 300, 5000}) {
        std::string header;
        Pairs expected;
        for (int i = 0; i < count; ++i) {
            header += "name" + std::to_string(i) + "=v" + std::to_string(i) + "; ";
            expected.emplace_back("name" + std::to_string(i), "v" + std::to_string(i));
        }
        EXPECT_EQ(read(header), expected) << count << " cookies";
    }
}

TEST(Cookies, KeepEveryUnescapedValueApart) {
    EXPECT_EQ(read("a=\"\\101b\"; c=\"d\\\"e\"; f=\"\\\\\""),
              (Pairs{{"a", "Ab"}, {"c", "d\"e"}, {"f", "\\"}}));
}

TEST(Cookies, AgreeWithASimpleReaderOnRandomHeaders) {
    std::mt19937 random(20);
    const std::string alphabet = "ab=;\"\\ \t0127;=\"";
    for (int round = 0; round < 20000; ++round) {
        std::string header(random() % 200, ' ');
        for (char& c : header) c = alphabet[random() % alphabet.size()];
        ASSERT_EQ(read(header), cppcgi_test::read_cookies_simply(header)) << header;
    }
}

}  // namespace
}  // namespace cppcgi
