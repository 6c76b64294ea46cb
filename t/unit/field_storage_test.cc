#include <cppcgi/field_storage.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace cppcgi {
namespace {

using testing::ElementsAre;
using Views = std::vector<std::string_view>;

FieldStorage query(std::string_view text, const FormOptions& options = {}) {
    FormInput input;
    input.query_string = text;
    return FieldStorage(input, {}, options);
}

TEST(FieldStorage, AnswersAsPythonsDoes) {
    const FieldStorage form = query("a=1&b=2&a=3&c=&=5", {.keep_blank_values = true});
    EXPECT_EQ(form.getvalue("a"), "1");
    EXPECT_EQ(form.getvalue("c"), "");
    EXPECT_EQ(form.getvalue("d"), std::nullopt);
    EXPECT_EQ(form.getvalue("d", "none"), "none");
    EXPECT_EQ(form.getfirst("b"), "2");
    EXPECT_EQ(form.getfirst("d"), "");
    EXPECT_EQ(form.getfirst("d", "none"), "none");
    EXPECT_THAT(form.getlist("a"), ElementsAre("1", "3"));
    EXPECT_THAT(form.getlist("d"), ElementsAre());
    EXPECT_EQ(form.getfields("a").size(), 2u);
    EXPECT_THAT(form.keys(), ElementsAre("a", "b", "c", ""));
    EXPECT_TRUE(form.contains(""));
    EXPECT_FALSE(form.contains("d"));
    EXPECT_EQ(form.size(), 5u);
    EXPECT_EQ(form["a"].value(), "1");
    EXPECT_THROW(form["d"], std::out_of_range);
    Views values;
    for (const Field& field : form) values.push_back(field.value());
    EXPECT_THAT(values, ElementsAre("1", "2", "3", "", "5"));
}

TEST(FieldStorage, OfNothingIsEmpty) {
    const FieldStorage form = query("");
    EXPECT_TRUE(form.empty());
    EXPECT_THAT(form.keys(), ElementsAre());
    EXPECT_EQ(form.find("a"), nullptr);
    EXPECT_EQ(form.begin(), form.end());
}

TEST(FieldStorage, FindsAmongManyFields) {
    std::string text;
    for (int i = 0; i < 900; ++i) {
        text += "n" + std::to_string(i % 300) + "=" + std::to_string(i) + "&";
    }
    const FieldStorage form = query(text);
    EXPECT_EQ(form.size(), 900u);
    EXPECT_EQ(form.keys().size(), 300u);
    for (int i = 0; i < 300; ++i) {
        const std::string name = "n" + std::to_string(i);
        ASSERT_THAT(form.getlist(name),
                    ElementsAre(std::to_string(i), std::to_string(i + 300),
                                std::to_string(i + 600)));
    }
    EXPECT_EQ(form.find("n300"), nullptr);
}

TEST(FieldStorage, DoesNotFindNamelessPartsByAnEmptyName) {
    const std::string body = "--b\r\n\r\nv\r\n--b--";
    MemoryBody source(body);
    FormInput input;
    input.method = "POST";
    input.content_type = "multipart/mixed; boundary=b";
    input.body = &source;
    const FieldStorage form(input);
    EXPECT_EQ(form.size(), 1u);
    EXPECT_FALSE(form.contains(""));
    EXPECT_THAT(form.keys(), ElementsAre());
}

TEST(FieldStorage, CopiesShareTheFields) {
    const FieldStorage form = query("a=1");
    const FieldStorage copy = form;
    EXPECT_EQ(&form["a"], &copy["a"]);
}

TEST(FieldStorage, ReadsAStream) {
    std::istringstream stream("a=1&b=" + std::string(100000, 'x'));
    StreamBody source(stream);
    FormInput input;
    input.method = "POST";
    input.body = &source;
    const FieldStorage form(input);
    EXPECT_EQ(form.getfirst("a"), "1");
    EXPECT_EQ(form["b"].size(), 100000u);
}

TEST(FieldStorage, ThrowsWhatKeptItFromReading) {
    try {
        query("a", {.strict_parsing = true});
        FAIL() << "a piece without = passed";
    } catch (const Error& error) {
        EXPECT_EQ(error.status(), 400);
        EXPECT_EQ(error.code(), errc::query_field);
        EXPECT_EQ(error.limit(), "");
    }
    FormInput input;
    input.query_string = "a=1&b=2&c";
    const FieldStorage part = FieldStorage::read(input, {}, {.strict_parsing = true});
    EXPECT_EQ(part.fault().code, errc::query_field);
    EXPECT_THAT(part.keys(), ElementsAre("a", "b"));
}

// Reports what a server would when the client stops sending.
struct BrokenBody : BodySource {
    std::string sent;
    errc end;
    bool first = true;
    BrokenBody(std::string text, errc code) : sent(std::move(text)), end(code) {}
    Result<std::string_view> next() override {
        if (std::exchange(first, false)) return std::string_view(sent);
        return end;
    }
};

TEST(FieldStorage, KeepsWhatCameBeforeTheBodyBroke) {
    const std::string parts =
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
        "--b\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\nhalf";
    BrokenBody source(parts, errc::body_aborted);
    FormInput input;
    input.method = "POST";
    input.content_type = "multipart/form-data; boundary=b";
    input.body = &source;
    const FieldStorage form = FieldStorage::read(input);
    EXPECT_EQ(form.fault().code, errc::body_aborted);
    ASSERT_EQ(form.size(), 2u);
    EXPECT_EQ(form["a"].done(), 0);
    EXPECT_EQ(form["c"].done(), -1);
    EXPECT_EQ(form["c"].value(), "half");
}

TEST(FieldStorage, KeepsNoFieldBehindANameThatIsNoText) {
    FormInput input;
    input.query_string = "a=1&f%c3%bc=2&b=3&c=4";
    const FieldStorage form =
        FieldStorage::read(input, {}, {.encoding = "us-ascii", .errors = "strict"});
    EXPECT_EQ(form.fault().code, errc::undecodable);
    EXPECT_THAT(form.keys(), ElementsAre("a"));
}

// The inner close-delimiter ends the body that it is of, also from within another one;
// what looks like a part behind it is epilogue.
TEST(FieldStorage, TakesNoPartBehindTheCloseOfANestedBody) {
    const std::string body =
        "--o\r\nContent-Disposition: form-data; name=n\r\n"
        "Content-Type: multipart/mixed; boundary=i\r\n\r\n"
        "--i\r\nContent-Type: multipart/mixed; boundary=j\r\n\r\n"
        "--j\r\n\r\nx\r\n--j--\r\n--i--\r\n"
        "--i\r\n\r\nno part\r\n--o\r\n"
        "Content-Disposition: form-data; name=m\r\n\r\ny\r\n--o--\r\n";
    MemoryBody source(body);
    FormInput input;
    input.method = "POST";
    input.content_type = "multipart/form-data; boundary=o";
    input.body = &source;
    const FieldStorage form(input);
    ASSERT_THAT(form.keys(), ElementsAre("n", "m"));
    ASSERT_EQ(form["n"].list().size(), 1u);
    EXPECT_EQ(form["n"].done(), 0);
    EXPECT_EQ(form["n"].list().begin()->done(), 1);
    EXPECT_EQ(form["n"].list().begin()->list().begin()->value(), "x");
    EXPECT_EQ(form["m"].value(), "y");
}

TEST(FieldStorage, StopsReadingAtItsLimit) {
    const std::string body = "a=12345";
    MemoryBody source(body, 1);
    FormInput input;
    input.method = "POST";
    input.body = &source;
    EXPECT_EQ(FieldStorage(input, {}, {.limit = 4}).getfirst("a"), "12");
}

}  // namespace
}  // namespace cppcgi
