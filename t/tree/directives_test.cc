// The directive table of the README against the source: every directive stands there, and
// no other does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "t/tree/source_tree.h"

namespace cppcgi_test {
namespace {

std::set<std::string> found(const std::string& text, const char* form) {
    const std::regex pattern(form);
    std::set<std::string> result;
    for (std::sregex_iterator one(text.begin(), text.end(), pattern), end; one != end;
         ++one)
        result.insert((*one)[1]);
    return result;
}

TEST(Directives, StandInTheReadme) {
    std::string code;
    for (const std::string& path : files("mod_cppcgi/module", {".cc"}))
        code += source(path);
    const auto known = found(code, R"re(directive\("(CppCGI\w+)")re");
    EXPECT_THAT(known, ::testing::Contains("CppCGIHandler"));
    EXPECT_EQ(known, found(source("README.md"), R"re(\n\| `(CppCGI\w+)[ `])re"));
}

TEST(Directives, OfScriptsStandInTheReadme) {
    const std::string readme = source("README.md");
    std::string code;
    for (const std::string& path : files("mod_cppcgi/module", {".cc"}))
        code += source(path);
    for (const std::string& name :
         found(code, R"re(directive\("((?:CGI|Script)\w+)")re"))
        EXPECT_THAT(readme, ::testing::HasSubstr("`" + name + "`"));
}

}  // namespace
}  // namespace cppcgi_test
