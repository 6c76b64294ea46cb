// Bodies and heads that made other form parsers fail: the outcome of each, by the row of
// the advisory. Those that are about bounds stand in form_bounds_test.
#include <cppcgi/field_storage.h>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "t/guard_page.h"

namespace cppcgi {
namespace {

using namespace std::string_literals;

constexpr const char* multipart = "multipart/form-data; boundary=b";
constexpr const char* urlencoded = "application/x-www-form-urlencoded";

FieldStorage read(std::string_view body, std::string_view type,
                  std::size_t slice = SIZE_MAX) {
    const cppcgi_test::GuardPage page(body);
    MemoryBody source(page.view(), slice);
    FormInput input;
    input.method = "POST";
    input.content_type = type;
    input.body = &source;
    return FieldStorage::read(input);
}

// The same for every way of cutting it into equal slices.
errc fault_of(std::string_view body, std::string_view type = multipart) {
    const errc whole = read(body, type).fault().code;
    for (std::size_t slice = 1; slice < body.size() && slice < 200; ++slice)
        EXPECT_EQ(read(body, type, slice).fault().code, whole)
            << body << "\nin slices of " << slice;
    return whole;
}

// One part with this head.
std::string with_head(const std::string& head) {
    return "--b\r\n" + head + "\r\n\r\nv\r\n--b--\r\n";
}

std::string with_parameters(const std::string& parameters) {
    return with_head("Content-Disposition: form-data; " + parameters);
}

// CVE-2022-22719: mod_lua copied a boundary by "%250c", which does not end it.
TEST(FormAttacks, BoundaryOfFormatLetters) {
    for (const std::string& boundary :
         {"%250c"s, "%s%n%250c"s, std::string(70, '%'), "%00"s}) {
        const std::string type = "multipart/form-data; boundary=\"" + boundary + "\"";
        EXPECT_EQ(fault_of("-" + boundary, type), errc::boundary_not_in_body);
        EXPECT_EQ(fault_of("--" + boundary, type), errc::none) << boundary;
        const FieldStorage form =
            read("--" + boundary +
                     "\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n--" +
                     boundary + "--",
                 type);
        EXPECT_EQ(form.getfirst("a"), "v") << boundary;
    }
}

// CVE-2022-22728, CVE-2026-26962: folded heads are joined, and leave no line end behind.
TEST(FormAttacks, FoldedHeads) {
    const std::string body = with_head(
        "Content-Disposition: form-data;\r\n\tname=\"a\r\n b\";\r\n "
        "filename=\"x\r\n\ty\""
        "\r\nX-Note: one\r\n two");
    EXPECT_EQ(fault_of(body), errc::none);
    const FieldStorage form = read(body, multipart);
    ASSERT_EQ(form.size(), 1u);
    const Field& field = *form.begin();
    EXPECT_EQ(field.name(), "a b");
    EXPECT_EQ(field.filename(), "x\ty");
    for (const NameValue& header : field.headers())
        EXPECT_EQ(header.value.find_first_of("\r\n"), std::string_view::npos);
}

// CVE-2019-12412.
TEST(FormAttacks, MalformedNestedBodies) {
    const auto nested = [](const std::string& parameter, const std::string& inner) {
        return fault_of(
            "--b\r\nContent-Disposition: form-data; name=n\r\nContent-Type: "
            "multipart/mixed" +
            parameter + "\r\n\r\n" + inner + "\r\n--b--\r\n");
    };
    EXPECT_EQ(nested("", "x"), errc::boundary_missing);
    EXPECT_EQ(nested("; boundary=", "x"), errc::boundary_malformed);
    EXPECT_EQ(nested("; boundary=\"c", "x"), errc::boundary_malformed);
    EXPECT_EQ(nested("; boundary=b", "--b"), errc::boundary_ambiguous);
    EXPECT_EQ(nested("; boundary=c", "x"), errc::no_delimiter);
    EXPECT_EQ(nested("; boundary=c", "--c\r\nno colon\r\n\r\nx\r\n--c--"),
              errc::head_line);
    EXPECT_EQ(nested("; boundary=c", "--c"), errc::none);
}

// CVE-2023-46136: a large part that begins with a line end.
TEST(FormAttacks, PartThatBeginsWithALineEnd) {
    for (const char* begin : {"\r\n", "\r", "\n", "\r\n\r\n"}) {
        const std::string value = begin + std::string(900000, 'x');
        const std::string body =
            "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n" + value +
            "\r\n--b--";
        for (const std::size_t slice : {std::size_t{1}, std::size_t{4096}, SIZE_MAX})
            EXPECT_TRUE(read(body, multipart, slice)["a"].value() == value) << slice;
    }
}

// CVE-2022-24434.
TEST(FormAttacks, HeadThatBeginsWithSpace) {
    EXPECT_EQ(fault_of(with_head(" Content-Disposition: form-data; name=a")),
              errc::head_fold);
    EXPECT_EQ(fault_of(with_head("\tContent-Disposition: form-data; name=a")),
              errc::head_fold);
}

// @fastify/busboy 3.2: bare CR or LF in a name, a file name or a head.
TEST(FormAttacks, BareLineEndsInAHead) {
    for (const char* parameters :
         {"name=\"a\rb\"", "name=a; filename=\"x\ry\"", "name=a\r; filename=x"})
        EXPECT_EQ(fault_of(with_parameters(parameters)), errc::head_stray_cr)
            << parameters;
    for (const char* parameters : {"name=\"a\nb\"", "name=a; filename=\"x\ny\""})
        EXPECT_EQ(fault_of(with_parameters(parameters)), errc::head_line) << parameters;
}

// The same: names that mean something to a language's objects.
TEST(FormAttacks, PropertyNamesAreOrdinary) {
    const FieldStorage form =
        read(with_head("Content-Disposition: form-data; name=__proto__\r\n__proto__: "
                       "x\r\nconstructor: y"),
             multipart);
    ASSERT_EQ(form.getfirst("__proto__"), "v");
    EXPECT_EQ(form["__proto__"].headers()["__proto__"], "x");
    EXPECT_EQ(form["__proto__"].headers()["constructor"], "y");
}

// CVE-2014-0050, CVE-2016-3092: boundaries around the size of a buffer.
TEST(FormAttacks, BoundariesNearABufferSize) {
    for (const std::size_t size : {201u, 4091u, 4095u, 4096u, 4097u, 8000u, 65535u}) {
        const std::string boundary(size, 'x');
        EXPECT_EQ(read("--" + boundary, "multipart/form-data; boundary=" + boundary)
                      .fault()
                      .code,
                  errc::boundary_too_long);
    }
}

// CVE-2024-24762, CVE-2022-44571, CVE-2023-27539: types that cost a regular expression
// exponential or quadratic time.
TEST(FormAttacks, TypesThatRegularExpressionsChokeOn) {
    const std::string slashes(100000, '\\');
    for (const std::string& more :
         {"; !=\"" + slashes, ";" + std::string(100000, ' ') + "x",
          std::string(100000, ';'), "; a=\"" + std::string(100000, '"')})
        EXPECT_EQ(read("a=1", urlencoded + more).getfirst("a"), "1");
}

// python-multipart 0.0.30: parameters with * that override the plain ones.
TEST(FormAttacks, StarNamesDoNotOverride) {
    const FieldStorage form =
        read(with_parameters("name*=utf-8''evil; name=a; filename*=utf-8''evil.php; "
                             "filename=a.txt"),
             multipart);
    ASSERT_TRUE(form.contains("a"));
    EXPECT_EQ(form["a"].filename(), "a.txt");
    EXPECT_FALSE(form.contains("evil"));
}

// CVE-2026-26961: which of two boundaries a filter before us took, nobody knows.
TEST(FormAttacks, TwoBoundaries) {
    for (const char* parameters :
         {"boundary=b; boundary=c", "boundary=c; boundary=b", "boundary=b; BOUNDARY=b",
          "boundary=b;charset=x;boundary=\"c\""}) {
        EXPECT_EQ(
            fault_of(with_parameters("name=a"), "multipart/form-data; "s + parameters),
            errc::boundary_repeated)
            << parameters;
    }
}

// CVE-2022-48279: heads that a filter and an application may read differently.
TEST(FormAttacks, HeadsThatAreNotOfTheGrammar) {
    for (const char* head :
         {"Content-Disposition : form-data; name=a", ": form-data; name=a",
          "Content-Disposition form-data; name=a", "Content\x01-Disposition: x",
          "Content-Disposition\xa0: form-data; name=a"})
        EXPECT_EQ(fault_of(with_head(head)), errc::head_line) << head;
    EXPECT_EQ(fault_of(with_head("Content-Disposition: form-data; name=a\r\n"
                                 "content-disposition: form-data; name=b")),
              errc::head_repeated);
    EXPECT_EQ(fault_of(with_parameters("name=a; name=b")),
              errc::head_parameter_repeated);
    EXPECT_EQ(fault_of(with_parameters("name=a; filename=x; FILENAME=y")),
              errc::head_parameter_repeated);
}

// CVE-2021-23336, CVE-2020-28473: a cache sees one parameter where a form has two.
TEST(FormAttacks, SemicolonSeparatesOnlyWhenAsked) {
    FormInput input;
    input.query_string = "utm=1;link=evil";
    EXPECT_EQ(FieldStorage::read(input).getfirst("utm"), "1;link=evil");
    EXPECT_FALSE(FieldStorage::read(input).contains("link"));
    EXPECT_TRUE(FieldStorage::read(input, {}, {.separator = ';'}).contains("link"));
}

// CVE-2025-61919, CVE-2025-46727: pairs without a bound, in the query too.
TEST(FormAttacks, ManyFieldsInTheQuery) {
    std::string query;
    while (query.size() < 1000000) query += "a&";
    FormInput input;
    input.query_string = query;
    EXPECT_EQ(FieldStorage::read(input).fault().code, errc::max_fields);
    input.method = "POST";
    input.content_type = urlencoded;
    EXPECT_EQ(FieldStorage::read(input).fault().code, errc::max_fields);
    input.content_type = multipart;
    EXPECT_EQ(FieldStorage::read(input).fault().code, errc::max_fields);
}

// CVE-2022-25297, CVE-2013-4407: what the client calls a file is no path of ours.
TEST(FormAttacks, FileNamesThatClimb) {
    for (const char* name : {"../../etc/cron.d/x", "..\\\\..\\\\x", "/x", "C:x/../x",
                             "a/../../x", "....//x", "%2e%2e%2fx"}) {
        const FieldStorage form =
            read(with_parameters("name=f; filename=\""s + name + "\""), multipart);
        const std::string safe = form["f"].safe_filename();
        EXPECT_EQ(safe.find_first_of("/\\"), std::string::npos) << name;
        EXPECT_NE(safe.front(), '.') << name;
        EXPECT_FALSE(safe.empty()) << name;
    }
}

}  // namespace
}  // namespace cppcgi
