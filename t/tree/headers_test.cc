// Each public header compiles alone, with every compiler there is.
#include <gtest/gtest.h>

#include "t/tree/source_tree.h"

namespace cppcgi_test {
namespace {

std::vector<std::string> public_headers() { return files("include", {".h"}); }

class PublicHeader : public ::testing::TestWithParam<std::string> {};

TEST_P(PublicHeader, CompilesAlone) {
    const std::string name = GetParam().substr(sizeof "include/" - 1);
    // Twice: the guard holds.
    const std::string once = "#include <" + name + ">\n";
    for (const std::string& compiler : compilers())
        EXPECT_EQ(compile(compiler, once + once), "");
}

INSTANTIATE_TEST_SUITE_P(Tree, PublicHeader, ::testing::ValuesIn(public_headers()),
                         [](const auto& header) {
                             std::string name =
                                 header.param.substr(sizeof "include/" - 1);
                             for (char& c : name)
                                 if (c == '/' || c == '.') c = '_';
                             return name;
                         });

}  // namespace
}  // namespace cppcgi_test
