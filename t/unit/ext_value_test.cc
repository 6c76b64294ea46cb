#include <cppcgi/ext_value.h>

#include <gtest/gtest.h>

namespace cppcgi {
namespace {

TEST(ExtValue, DecodesTheThreeCharsets) {
    EXPECT_EQ(decode_ext_value("utf-8''n%C3%A4me.txt"), "n\xc3\xa4me.txt");
    EXPECT_EQ(decode_ext_value("UTF-8'en'%e2%82%ac%20rates"), "\xe2\x82\xac rates");
    EXPECT_EQ(decode_ext_value("iso-8859-1'en'%A3%20rates"), "\xc2\xa3 rates");
    EXPECT_EQ(decode_ext_value("US-ASCII''%62"), "b");
    EXPECT_EQ(decode_ext_value("UTF-8''"), "");
    EXPECT_EQ(decode_ext_value("UTF-8'''a'"), "'a'");
}

TEST(ExtValue, RefusesWhatItCannotRead) {
    for (const char* broken :
         {"", "name", "UTF-8", "UTF-8'x", "''x", "utf-16''x", "UTF-8''%", "UTF-8''%4",
          "UTF-8''%zz", "UTF-8''%ff", "UTF-8''%ed%a0%80", "UTF-8''%c0%80",
          "UTF-8''%f4%90%80%80", "US-ASCII''%C3%A4", "UTF-8''\xc3\xa4"}) {
        EXPECT_EQ(decode_ext_value(broken), std::nullopt) << broken;
    }
}

TEST(ExtValue, LetsNoControlCharacterOut) {
    for (const char* hidden : {"UTF-8''a%0d%0ab", "UTF-8''a%00", "iso-8859-1''%7f"}) {
        EXPECT_EQ(decode_ext_value(hidden), std::nullopt) << hidden;
    }
}

TEST(ExtValue, IsReadBack) {
    const std::string name = "n\xc3\xa4me *'(%)\"\\;/\xf0\x9f\x90\x8d.txt";
    const std::string value = encode_ext_value(name);
    EXPECT_EQ(value.find_first_of("*'()%\"\\;/ ", 7), value.find('%')) << value;
    EXPECT_EQ(decode_ext_value(value), name) << value;
}

TEST(ContentDisposition, NeedsNoStarForPlainNames) {
    EXPECT_EQ(content_disposition("attachment", "a b.txt"),
              "attachment; filename=\"a b.txt\"");
}

TEST(ContentDisposition, GivesBothNamesWhereAsciiIsNotEnough) {
    EXPECT_EQ(content_disposition("attachment", "gr\xc3\xbc\xc3\x9f\x65 \"5%\".txt"),
              "attachment; filename=\"gr__e _5__.txt\"; "
              "filename*=UTF-8''gr%C3%BC%C3%9Fe%20%225%25%22.txt");
}

TEST(ContentDisposition, CannotBeBrokenOutOf) {
    EXPECT_EQ(content_disposition("attachment", "a\r\nX: y\xff\\\".txt"),
              "attachment; filename=\"a__X: y___.txt\"; "
              "filename*=UTF-8''a__X%3A%20y_%5C%22.txt");
}

TEST(FormName, DecodesOnlyTheThreeEscapesOfBrowsers) {
    EXPECT_EQ(decode_form_name("a%22b%0D%0ac%41%"), "a\"b\r\nc%41%");
    EXPECT_EQ(decode_form_name("%2"), "%2");
    EXPECT_EQ(decode_form_name("%%22"), "%\"");
}

TEST(FormName, IsReadBack) {
    const std::string name = "a\"\r\nb%";
    EXPECT_EQ(encode_form_name(name), "a%22%0D%0Ab%");
    EXPECT_EQ(decode_form_name(encode_form_name(name)), name);
}

}  // namespace
}  // namespace cppcgi
