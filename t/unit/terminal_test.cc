#include "gateway/terminal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace cppcgi::program {
namespace {

std::string_view variable(const TerminalRequest& request, std::string_view name) {
    return Environment(request.entries()).variable(name).value_or("(unset)");
}

TEST(Terminal, ArgumentsAreFieldsOfAGet) {
    const char* const none[] = {nullptr};
    const char* const arguments[] = {"name=J\xC3\xB6rg & Co", "word", "empty="};
    const TerminalRequest request("page", none, arguments, false);
    EXPECT_EQ(variable(request, "REQUEST_METHOD"), "GET");
    EXPECT_EQ(variable(request, "QUERY_STRING"), "name=J%C3%B6rg+%26+Co&empty=");
    EXPECT_EQ(variable(request, "SCRIPT_NAME"), "/page");
    ASSERT_EQ(request.arguments().size(), 1u);
    EXPECT_STREQ(request.arguments()[0], "word");
}

TEST(Terminal, FormOnInputIsAPost) {
    const char* const none[] = {nullptr};
    const TerminalRequest request("page", none, {}, true);
    EXPECT_EQ(variable(request, "REQUEST_METHOD"), "POST");
    EXPECT_EQ(variable(request, "CONTENT_TYPE"), "application/x-www-form-urlencoded");
    EXPECT_EQ(variable(request, "QUERY_STRING"), "");
}

TEST(Terminal, ShellsVariablesCount) {
    const char* const shell[] = {"REQUEST_METHOD=PUT", "QUERY_STRING=a=1", nullptr};
    const char* const arguments[] = {"b=2"};
    EXPECT_EQ(variable({"page", shell, {}, true}, "REQUEST_METHOD"), "PUT");
    EXPECT_EQ(variable({"page", shell, {}, false}, "QUERY_STRING"), "a=1");
    EXPECT_EQ(variable({"page", shell, arguments, false}, "QUERY_STRING"), "b=2");
}

TEST(Terminal, LineEndsSeparateFields) {
    EXPECT_EQ(form_of_lines("a=1\r\n\nb=2\n"), "a=1&b=2");
    EXPECT_EQ(form_of_lines("a=1&b=2"), "a=1&b=2");
    EXPECT_EQ(form_of_lines("\n"), "");
}

}  // namespace
}  // namespace cppcgi::program
