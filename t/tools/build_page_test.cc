#include "tools/cppcgi/build_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "t/scratch_directory.h"

namespace cppcgi::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(BuildPage, MarksTheLinesOfErrors) {
    const cppcgi_test::ScratchDirectory directory;
    const std::string file = directory / "x.cc";
    std::ofstream(file) << "one\ntwo\nthree <b>\nfour\nfive\n";
    const std::string page = build_page(
        "x.cc", file + ":3:7: error: no <b> here\n    3 | three <b>\n", "/last-good/x");
    EXPECT_THAT(page, HasSubstr("x.cc does not compile"));
    EXPECT_THAT(page, HasSubstr("line 3: no &lt;b&gt; here</h2>"));
    EXPECT_THAT(page, HasSubstr("<mark>     3  three &lt;b&gt;</mark>\n"
                                "              <b>^</b>\n     4  four\n"));
    EXPECT_THAT(page, HasSubstr("<a href=\"/last-good/x\">"));
    EXPECT_THAT(page, Not(HasSubstr("no <b> here")));
}

TEST(BuildPage, KeepsWordsThatNameNoLine) {
    const std::string page = build_page("x.cc", "ld: undefined reference to `f'\n", "");
    EXPECT_THAT(page, HasSubstr("<pre>ld: undefined reference to `f&#x27;\n</pre>"));
    EXPECT_THAT(page, Not(HasSubstr("last good")));
}

TEST(BuildPage, TakesALineBehindTheFile) {
    const std::string page = build_page("x.cc", "/nowhere/x.cc:1:9: error: no\n", "");
    EXPECT_THAT(page, HasSubstr("/nowhere/x.cc, line 1: no</h2>\n<h2>All"));
}

}  // namespace
}  // namespace cppcgi::tools
