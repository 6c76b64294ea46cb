#include <cppcgi/cookies.h>

#include "t/guard_page.h"
#include "t/vectors.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace cppcgi {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

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

// An independent reading of the rule at the end of DECISIONS, item by item.
Pairs read_simply(const std::string& text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    const auto trim = [&](std::string s) {
        while (!s.empty() && blank(s.back())) s.pop_back();
        while (!s.empty() && blank(s.front())) s.erase(0, 1);
        return s;
    };
    Pairs list;
    std::size_t i = 0;
    while (i < text.size()) {
        const std::size_t name_end = std::min(text.find_first_of("=;", i), text.size());
        const std::string name = trim(text.substr(i, name_end - i));
        i = name_end + 1;
        if (name_end == text.size() || text[name_end] == ';') continue;
        while (i < text.size() && blank(text[i])) ++i;
        std::string value;
        std::size_t end = std::string::npos;
        if (i < text.size() && text[i] == '"') {
            for (std::size_t k = i + 1; k < text.size(); ++k) {
                if (text[k] == '"') {
                    end = k + 1;
                    break;
                }
                if (text[k] == '\\' && k + 3 < text.size() && text[k + 1] >= '0' &&
                    text[k + 1] < '4' && text[k + 2] >= '0' && text[k + 2] < '8' &&
                    text[k + 3] >= '0' && text[k + 3] < '8') {
                    value +=
                        static_cast<char>(std::stoi(text.substr(k + 1, 3), nullptr, 8));
                    k += 3;
                } else if (text[k] == '\\') {
                    if (++k < text.size()) value += text[k];
                } else {
                    value += text[k];
                }
            }
            while (end < text.size() && blank(text[end])) ++end;
            if (end < text.size() && text[end] != ';') end = std::string::npos;
        }
        if (end == std::string::npos) {
            end = std::min(text.find(';', i), text.size());
            value = trim(text.substr(std::min(i, end), end - std::min(i, end)));
        }
        if (!name.empty()) list.emplace_back(name, value);
        i = end + 1;
    }
    return list;
}

TEST(Cookies, AgreeWithASimpleReaderOnRandomHeaders) {
    std::mt19937 random(20);
    const std::string alphabet = "ab=;\"\\ \t0127;=\"";
    for (int round = 0; round < 20000; ++round) {
        std::string header(random() % 200, ' ');
        for (char& c : header) c = alphabet[random() % alphabet.size()];
        ASSERT_EQ(read(header), read_simply(header)) << header;
    }
}

}  // namespace
}  // namespace cppcgi
