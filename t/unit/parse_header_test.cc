#include <cppcgi/parse_header.h>

#include "t/guard_page.h"
#include "t/parse_header_oracle.h"
#include "t/vectors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace cppcgi {
namespace {

cppcgi_test::Json sorted_params(cppcgi_test::Json answer) {
    auto& params = answer.at("params");
    std::sort(params.begin(), params.end());
    return answer;
}

cppcgi_test::Json answer(std::string_view line) {
    const auto [value, params] = parse_header(line);
    cppcgi_test::Json pairs = cppcgi_test::Json::array();
    for (const auto& [name, text] : params) pairs.push_back({name, text});
    return sorted_params({{"value", value}, {"params", pairs}});
}

TEST(ParseHeader, GivesWhatTheVectorsExpect) {
    for (const auto& vector : cppcgi_test::vectors("parse_header")) {
        const auto header = vector.at("header").get<std::string>();
        const cppcgi_test::GuardPage input(header);
        EXPECT_EQ(answer(input.view()), sorted_params(vector.at("expected")))
            << vector.at("id") << ": " << header;
    }
}

TEST(ParseHeader, FindsParametersByLowerCaseName) {
    const auto header = parse_header("text/plain; Charset=UTF-8");
    EXPECT_EQ(header.params.get("charset"), "UTF-8");
    EXPECT_EQ(header.params.get("Charset"), std::nullopt);
    EXPECT_EQ(header.params.get("boundary", "none"), "none");
    EXPECT_TRUE(header.params.contains("charset"));
}

TEST(ParseHeader, KeepsTheFirstPlaceAndTheLastValue) {
    const auto header = parse_header("v; a=1; b=2; a=3; c=4; a=5");
    std::string seen;
    for (const auto& [name, value] : header.params) seen += name + value;
    EXPECT_EQ(seen, "a5b2c4");
}

TEST(ParseHeader, AgreesWithPythonOnRandomHeaders) {
    std::mt19937 random(30);
    const std::string alphabet = "aB=;\"\\ \t;=\"\\";
    for (int round = 0; round < 20000; ++round) {
        std::string line(random() % 60, ' ');
        for (char& c : line) c = alphabet[random() % alphabet.size()];
        const auto header = parse_header(line);
        const auto [value, params] = cppcgi_test::python_parse_header(line);
        ASSERT_EQ(header.value, value) << line;
        ASSERT_EQ((std::map<std::string, std::string>(header.params.begin(),
                                                      header.params.end())),
                  params)
            << line;
        ASSERT_EQ(header.params.size(), params.size()) << line;
    }
}

// Python takes minutes for these; only the time of a run would tell, so what is checked
// is that they come back right.
TEST(ParseHeader, TakesLongHeadersWhole) {
    std::string many = "v";
    for (int i = 0; i < 20000; ++i) many += ";a" + std::to_string(i % 10000) + "=x";
    EXPECT_EQ(parse_header(many).params.size(), 10000u);

    const std::string semicolons = "v;a=\"" + std::string(1 << 20, ';');
    EXPECT_EQ(parse_header(semicolons).params.get("a")->size(), (1u << 20) + 1);

    const std::string backslashes = "v;a=\"" + std::string(64 << 10, '\\') + "\"";
    EXPECT_EQ(parse_header(backslashes).params.get("a")->size(), 32u << 10);
}

}  // namespace
}  // namespace cppcgi
