// A bad value stops `httpd -t` with file, line, directive, value and remedy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;

struct Case {
    std::string line;
    std::string expected;
};

class BadValue : public HttpdTest {};

TEST_P(BadValue, StopsConfigtestWithWhereWhatAndRemedy) {
    const Case cases[] = {
        {"CppCGIMaxBody 12X", "CPPCGI0013: CppCGIMaxBody: \"12X\""},
        {"CppCGIMaxBody -1", "CPPCGI0013"},
        {"CppCGIMaxBody 0", "CPPCGI0013"},
        {"CppCGIMaxField \"\"", "CppCGIMaxField takes one argument"},
        {"CppCGIMaxFile 9223372036854775808", "CPPCGI0013"},
        {"CppCGIMaxMemory 8589934592G", "CPPCGI0013"},
        {"CppCGIMaxPartHeader 1KB", "such as 64M"},
        {"CppCGIMaxFields 0", "CPPCGI0014: CppCGIMaxFields: \"0\""},
        {"CppCGIMaxFields many", "CPPCGI0014"},
        {"CppCGIMaxNesting 101", "no number from 0 to 100"},
        {"CppCGIFallback maybe", "CPPCGI0017: CppCGIFallback: \"maybe\""},
        {"CppCGIArguments perhaps", "CppCGIArguments must be On or Off"},
        {"CppCGIWritableLibraries perhaps", "must be On or Off"},
        {"CppCGITimeout never", "CPPCGI0019: CppCGITimeout: \"never\""},
        {"CppCGISlow soon", "CPPCGI0007: CppCGISlow: \"soon\""},
        {"CppCGISlow 0", "CPPCGI0007"},
        {"CppCGISlow -1", "CPPCGI0007"},
        {"CppCGISpoolDir /nowhere/at/all",
         "CPPCGI0018: CppCGISpoolDir: /nowhere/at/all"},
        {"CppCGILibraryDir ${ROOT}/httpd.pid", "CPPCGI0018: CppCGILibraryDir"},
        {"CppCGIHandler", "CPPCGI0016: CppCGIHandler needs LIBRARY"},
        {"CppCGIHandler probe sub/a.cgi", "CPPCGI0015: CppCGIHandler: \"sub/a.cgi\""},
        {"CppCGIParam name", "CppCGIParam takes two arguments"},
        {"CppCGILibrary ${TEST_HANDLERS}/probe.so a:b", "CPPCGI0011"},
        {"CppCGILibrary ${TEST_HANDLERS}/probe.so none", "CPPCGI0011"}};
    for (const Case& one : cases) {
        const Exit exit = server.configtest("# one line before\n" + one.line);
        EXPECT_EQ(exit.status, 1) << one.line;
        EXPECT_THAT(exit.output, HasSubstr(one.expected)) << one.line;
        EXPECT_THAT(exit.output, HasSubstr("Syntax error on line ")) << one.line;
        EXPECT_THAT(exit.output, HasSubstr("/configtest.conf")) << one.line;
    }
}

INSTANTIATE_TEST_SUITE_P(Once, BadValue, ::testing::Values("event"));

}  // namespace
}  // namespace cppcgi_test
