#include <cppcgi/cookie.h>

#include <cppcgi/cookies.h>
#include <cppcgi/error.h>

#include "t/vectors.h"

#include <gtest/gtest.h>

#include <set>

namespace cppcgi {
namespace {

using namespace std::chrono_literals;

bool is_on(const cppcgi_test::Json& value) {
    return value.is_boolean() ? value.get<bool>() : value != 0 && value != "";
}

std::string text(const cppcgi_test::Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

Cookie build(const cppcgi_test::Json& vector) {
    Cookie cookie(vector.at("name").get<std::string>(),
                  vector.at("value").get<std::string>());
    for (const auto& [name, value] : vector.at("attributes").items()) {
        if (name == "max-age")
            cookie.max_age(std::chrono::seconds(std::stoll(text(value))));
        if (!is_on(value)) continue;
        if (name == "path") cookie.path(text(value));
        if (name == "domain") cookie.domain(text(value));
        if (name == "expires") cookie.expires(text(value));
        if (name == "secure") cookie.secure();
        if (name == "httponly") cookie.httponly();
        if (name == "partitioned") cookie.partitioned();
        if (name == "samesite") cookie.samesite(text(value));
        if (name == "comment") cookie.comment(text(value));
        if (name == "version") cookie.version(text(value));
    }
    return cookie;
}

// The pair exactly, attributes as a set with names in lower case.
cppcgi_test::Json normal(const cppcgi_test::Json& answer) {
    if (!answer.is_string()) return answer;
    std::string line = answer;
    cppcgi_test::Json pair = line.substr(0, line.find("; "));
    std::set<std::string> attributes;
    for (std::size_t at = line.find("; "); at != std::string::npos;) {
        const std::size_t next = line.find("; ", at + 2);
        std::string attribute = line.substr(at + 2, next - at - 2);
        for (char& c : attribute) {
            if (c == '=') break;
            c = static_cast<char>(std::tolower(c));
        }
        attributes.insert(attribute);
        at = next;
    }
    return {pair, attributes};
}

TEST(Cookie, IsWrittenAsTheVectorsExpect) {
    for (auto vector : cppcgi_test::vectors("cookies")) {
        if (vector.at("kind") != "build") continue;
        const Cookie cookie = build(vector);
        cppcgi_test::Json answer{{"error", "bad_cookie"}};
        if (!cookie.refusal()) answer = cookie.to_string();
        vector["expected"] = normal(vector["expected"]);
        for (auto& other : vector["accept"]) other = normal(other);
        if (vector["accept"].is_null()) vector.erase("accept");
        EXPECT_TRUE(cppcgi_test::is_right(vector, normal(answer)))
            << vector << "\nanswer: " << answer;
    }
}

TEST(Cookie, WritesDatesInGmtWithEnglishNames) {
    EXPECT_EQ(Cookie("a", "1").expires(Cookie::Time{} + 1700000000s).to_string(),
              "a=1; Expires=Tue, 14 Nov 2023 22:13:20 GMT");
    EXPECT_EQ(Cookie("a", "1").expires(Cookie::Time{} - 1ms).to_string(),
              "a=1; Expires=Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(Cookie, RefusesWithASentence) {
    EXPECT_EQ(Cookie("__Host-a", "1").secure().path("/x").refusal(),
              "cookie \"__Host-a\": a name that begins with __Host- needs Secure and "
              "Path=/, and allows no Domain");
    EXPECT_EQ(Cookie("__Secure-a", "1").refusal(),
              "cookie \"__Secure-a\": a name that begins with __Secure- needs Secure");
    EXPECT_EQ(Cookie("a", "1").samesite("Loose").refusal(),
              "cookie \"a\": SameSite must be Strict, Lax or None, not \"Loose\"");
    EXPECT_EQ(Cookie("a", "1").domain("x\ny").refusal(),
              "cookie \"a\": Domain must not hold ; or a control character");
}

// CVE-2012-5526: nothing that a handler passes on begins a header of its own.
TEST(Cookie, LetsNoLineEndOut) {
    for (const char* text : {"x\r\nSet-Cookie: b=1", "x\n", "x\r", "x\r\n y"}) {
        const std::string written = Cookie("a", text).to_string();
        EXPECT_EQ(written.find_first_of("\r\n"), std::string::npos) << written;
        EXPECT_TRUE(Cookie(text, "1").refusal()) << text;
        EXPECT_TRUE(Cookie("a", "1").path(text).refusal()) << text;
        EXPECT_TRUE(Cookie("a", "1").domain(text).refusal()) << text;
        EXPECT_TRUE(Cookie("a", "1").expires(text).refusal()) << text;
        EXPECT_TRUE(Cookie("a", "1").samesite(text).refusal()) << text;
        EXPECT_TRUE(Cookie("a", "1").comment(text).refusal()) << text;
        EXPECT_TRUE(Cookie("a", "1").version(text).refusal()) << text;
    }
}

TEST(Cookie, ThrowsItsRefusalWhenWritten) {
    try {
        (void)Cookie("a b", "1").to_string();
        FAIL() << "written";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), errc::bad_cookie);
        EXPECT_EQ(error.what(), *Cookie("a b", "1").refusal());
    }
}

TEST(Cookie, ShowsNoLineEndInItsSentence) {
    const auto sentence = Cookie("a\r\nfake: line", "1").refusal();
    ASSERT_TRUE(sentence);
    EXPECT_EQ(sentence->find_first_of("\r\n"), std::string::npos) << *sentence;
}

TEST(Cookie, AllowsPrefixedNamesThatKeepTheRules) {
    EXPECT_EQ(Cookie("__Host-a", "1").secure().path("/").refusal(), std::nullopt);
    EXPECT_EQ(Cookie("__Secure-a", "1").secure().domain("x.org").refusal(),
              std::nullopt);
    EXPECT_EQ(Cookie("__Hostile", "1").refusal(), std::nullopt);
}

TEST(Cookie, WarnsAboveTheSizeThatBrowsersKeep) {
    EXPECT_EQ(Cookie("a", std::string(Cookie::max_size - 2, 'x')).warning(),
              std::nullopt);
    EXPECT_EQ(Cookie("a", std::string(Cookie::max_size - 1, 'x')).warning(),
              "cookie \"a\": its 4097 bytes are more than the 4096 that browsers keep");
}

TEST(Cookie, WarnsOfWhatNeedsSecure) {
    EXPECT_TRUE(Cookie("a", "1").samesite("none").warning());
    EXPECT_TRUE(Cookie("a", "1").partitioned().warning());
    EXPECT_FALSE(Cookie("a", "1").samesite("None").partitioned().secure().warning());
}

TEST(Cookie, IsTakenAwayByRemoval) {
    EXPECT_EQ(Cookie::removal("a").path("/").to_string(),
              "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/");
}

TEST(Cookie, IsReadBackWhateverItsValue) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    for (const std::string& value : {bytes, std::string(" x "), std::string("a;b,c")}) {
        const std::string header = "first=1; " + Cookie("a", value).to_string();
        EXPECT_EQ(Cookies(header).get("a"), value) << header;
    }
}

}  // namespace
}  // namespace cppcgi
