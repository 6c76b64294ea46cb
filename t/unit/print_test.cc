#include <cppcgi/print.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "t/memory_call.h"

namespace cppcgi {
namespace {

using cppcgi_test::call;
using program::MemoryRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string page(HandlerFunction handler, const MemoryRequest& request = {}) {
    return call(handler, request).page.body;
}

TEST(PrintEnviron, ListsVariablesSortedAndEscaped) {
    MemoryRequest request;
    request.options.environ = {{"ZZZ", "<z>"}, {"AAA", "a&b"}};
    const std::string text =
        page([](auto& req, auto& res) { print_environ(res, req.environ()); }, request);
    EXPECT_THAT(text,
                AllOf(HasSubstr("<H3>Shell Environment:</H3>\n<DL>\n"),
                      HasSubstr("<DT> AAA <DD> a&amp;b\n"),
                      HasSubstr("<DT> ZZZ <DD> &lt;z&gt;\n"), Not(HasSubstr("<z>"))));
    EXPECT_LT(text.find("AAA"), text.find("REQUEST_METHOD"));
    EXPECT_LT(text.find("REQUEST_METHOD"), text.find("ZZZ"));
}

TEST(PrintForm, ListsFieldsByNameEscaped) {
    MemoryRequest request;
    request.url = "/x?b=%3Cx%3E&a=1&b=2";
    EXPECT_EQ(page([](auto& req, auto& res) { print_form(res, req.form()); }, request),
              "\n<H3>Form Contents:</H3>\n<DL>\n"
              "<DT>a: <i>field</i>\n<DD>Field('a', '1')\n"
              "<DT>b: <i>list</i>\n<DD>Field('b', '&lt;x&gt;'), Field('b', '2')\n"
              "</DL>\n\n");
}

TEST(PrintForm, SaysThatThereIsNone) {
    EXPECT_EQ(page([](auto& req, auto& res) { print_form(res, req.form()); }),
              "\n<H3>Form Contents:</H3>\n<P>No form fields.\n<DL>\n</DL>\n\n");
}

TEST(PrintForm, ShowsOfAFileNameTypeAndSize) {
    MemoryRequest request;
    request.method = "POST";
    request.options.headers = {{"Content-Type", "multipart/form-data; boundary=X"}};
    request.body =
        "--X\r\nContent-Disposition: form-data; name=f; filename=\"<a>.txt\"\r\n"
        "Content-Type: text/<b>\r\n\r\nhello\r\n--X--\r\n";
    EXPECT_THAT(
        page([](auto& req, auto& res) { print_form(res, req.form()); }, request),
        HasSubstr("<DT>f: <i>file</i>\n<DD>Field('f', '&lt;a&gt;.txt', "
                  "text/&lt;b&gt;, 5 bytes)\n"));
}

TEST(PrintForm, CutsLongValues) {
    MemoryRequest request;
    request.url = "/x?a=" + std::string(5000, 'x');
    EXPECT_THAT(
        page([](auto& req, auto& res) { print_form(res, req.form()); }, request),
        HasSubstr("'" + std::string(4096, 'x') + "'...)"));
}

TEST(PrintException, ShowsTypeAndTextEscaped) {
    EXPECT_EQ(
        page([](auto&, auto& res) {
            try {
                throw std::runtime_error("<no>");
            } catch (...) {
                print_exception(res);
            }
        }),
        "\n<H3>Exception:</H3>\n<PRE><B>std::runtime_error: &lt;no&gt;</B></PRE>\n");
    EXPECT_THAT(page([](auto&, auto& res) {
                    print_exception(res, std::make_exception_ptr(7));
                }),
                HasSubstr("<B>int</B>"));
    EXPECT_THAT(page([](auto&, auto& res) { print_exception(res); }),
                HasSubstr("<B>no exception</B>"));
}

TEST(PrintDirectory, ShowsWhereWeAre) {
    EXPECT_THAT(page([](auto&, auto& res) { print_directory(res); }),
                HasSubstr(std::filesystem::current_path().string()));
}

TEST(PrintArguments, ShowsAListEscaped) {
    MemoryRequest request;
    request.url = "/x?a+%3Cb%3E";
    EXPECT_EQ(page([](auto& req, auto& res) { print_arguments(res, req); }, request),
              "\n<H3>Command Line Arguments:</H3>\n\n['a', '&lt;b&gt;']\n\n");
}

TEST(PrintEnvironUsage, ListsTheUsualVariables) {
    EXPECT_THAT(page([](auto&, auto& res) { print_environ_usage(res); }),
                AllOf(HasSubstr("<LI>AUTH_TYPE\n"), HasSubstr("<LI>SERVER_SOFTWARE\n"),
                      HasSubstr("<LI>HTTP_USER_AGENT\n")));
}

TEST(TestPage, ShowsEverythingOfARequest) {
    MemoryRequest request;
    request.url = "/x?first=Ada";
    EXPECT_THAT(
        page(test, request),
        AllOf(HasSubstr("Current Working Directory"),
              HasSubstr("Command Line Arguments"), HasSubstr("Field('first', 'Ada')"),
              HasSubstr("Shell Environment"), HasSubstr("could have been set"),
              HasSubstr("testing print_exception() -- &lt;I&gt;italics?"),
              HasSubstr("Second try with a small maxlen")));
}

TEST(TestPage, RefusesAFormOfMoreThan50BytesAtItsSecondTry) {
    MemoryRequest request;
    request.method = "POST";
    request.options.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = "a=" + std::string(49, 'x');
    const std::string long_form = page(test, request);
    const std::size_t second = long_form.find("Second try");
    ASSERT_NE(second, std::string::npos);
    EXPECT_THAT(long_form.substr(second),
                AllOf(HasSubstr("cppcgi::Error"), Not(HasSubstr("Form Contents"))));
    request.body.pop_back();
    const std::string short_form = page(test, request);
    EXPECT_THAT(short_form.substr(short_form.find("Second try")),
                HasSubstr("Form Contents"));
}

TEST(TestPage, ShowsAFormThatCannotBeRead) {
    MemoryRequest request;
    request.method = "POST";
    request.options.headers = {{"Content-Type", "multipart/form-data"}};
    request.body = "x";
    EXPECT_THAT(page(test, request),
                AllOf(HasSubstr("no boundary parameter"), HasSubstr("Second try")));
}

}  // namespace
}  // namespace cppcgi
