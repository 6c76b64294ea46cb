#include "host/json_writer.h"

#include <gtest/gtest.h>

namespace cppcgi::host {
namespace {

std::string quoted(std::string_view text) { return JsonWriter().value(text).text(); }

TEST(JsonWriter, SeparatesMembersAndElements) {
    JsonWriter json;
    json.begin_object().member("a", 1u).key("b").begin_array();
    json.value(true).null().value(-2).value("x").end_array();
    json.key("c").begin_object().end_object().member("d", 0.5).end_object();
    EXPECT_EQ(json.text(),
              "{\"a\":1,\"b\":[true,null,-2,\"x\"],\"c\":{},\"d\":0.500000}");
}

TEST(JsonWriter, EscapesWhatAStringCannotHold) {
    EXPECT_EQ(quoted("a\"b\\c"), "\"a\\\"b\\\\c\"");
    EXPECT_EQ(quoted(std::string_view("\0\n\x1f\x7f", 4)),
              "\"\\u0000\\u000a\\u001f\\u007f\"");
}

TEST(JsonWriter, WritesUtf8AndReplacesWhatIsNone) {
    for (const char* good : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x99\x82"})
        EXPECT_EQ(quoted(good), "\"" + std::string(good) + "\"");
    EXPECT_EQ(quoted("\xff"), "\"\\ufffd\"");
    EXPECT_EQ(quoted("\xc3"), "\"\\ufffd\"");
    EXPECT_EQ(quoted("\xc0\xaf"), "\"\\ufffd\\ufffd\"");
    EXPECT_EQ(quoted("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");
    EXPECT_EQ(quoted("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
    EXPECT_EQ(quoted("\xe2\x82x"), "\"\\ufffd\\ufffdx\"");
}

}  // namespace
}  // namespace cppcgi::host
