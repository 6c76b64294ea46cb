#include "core/shown_text.h"

#include <gtest/gtest.h>

namespace cppcgi::detail {
namespace {

std::string shown(std::string_view text) {
    std::string out;
    append_shown(out, text);
    return out;
}

TEST(ShownText, EscapesMarkup) {
    EXPECT_EQ(shown("<a b=\"c\" d='e'>&"),
              "&lt;a b=&quot;c&quot; d=&#x27;e&#x27;&gt;&amp;");
}

TEST(ShownText, KeepsUtf8AndLineEnds) {
    EXPECT_EQ(shown("Gr\u00fcn \u4e2d \U0001f600\n\t"),
              "Gr\u00fcn \u4e2d \U0001f600\n\t");
}

TEST(ShownText, MakesBytesAndControlsVisible) {
    using namespace std::literals;
    EXPECT_EQ(shown("\0\r\x1b\x7f"sv), "\\x00\\x0d\\x1b\\x7f");
    EXPECT_EQ(shown("\xff\xc3(\xed\xa0\x80"), "\\xff\\xc3(\\xed\\xa0\\x80");
    EXPECT_EQ(shown("cut \xe4\xb8"), "cut \\xe4\\xb8");
}

TEST(ShownText, MakesWhatHidesOrReordersVisible) {
    EXPECT_EQ(shown("\u202e\u2066\u200b\ufeff\u0085\u00ad\ue000\ufffe"),
              "\\u{202e}\\u{2066}\\u{200b}\\u{feff}\\u{0085}\\u{00ad}\\u{e000}"
              "\\u{fffe}");
    EXPECT_EQ(shown("\U000e0041\U0010ffff"), "\\u{e0041}\\u{10ffff}");
}

}  // namespace
}  // namespace cppcgi::detail
