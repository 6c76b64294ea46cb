// A library or handler that cannot be served stops `httpd -t` and the start, with what
// was found, where it is configured, and what to do. A server that runs goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cppcgi/abi.h>

#include <cstring>

#include "t/httpd/server.h"
#include "t/test_library.h"

namespace cppcgi_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Refusal : public HttpdTest {
protected:
    static std::string probe() {
        return read_file(build_dir() / "t/handlers/probe.so");
    }

    // The bytes of a library in which the first card has been changed.
    template <class Change>
    static std::string with_card(Change change) {
        std::string file = probe();
        const std::size_t at = file.find(std::string_view(CPPCGI_CARD_MAGIC, 8));
        EXPECT_NE(at, file.npos);
        cppcgi_card card;
        std::memcpy(&card, file.data() + at, sizeof card);
        change(card);
        std::memcpy(file.data() + at, &card, sizeof card);
        return file;
    }

    // `httpd -t` with this library on line 44 or so, and a remedy behind the semicolon.
    std::string refuse(const std::string& library, const std::string& handler = "") {
        std::string config = "CppCGILibrary " + library + "\n";
        if (!handler.empty()) config += "CppCGIHandler " + handler + "\n";
        const Exit exit = server.configtest(config);
        EXPECT_EQ(exit.status, 1) << exit.output;
        EXPECT_THAT(exit.output, HasSubstr("configtest.conf:")) << config;
        return exit.output;
    }
};

TEST_P(Refusal, OfAMissingFile) {
    EXPECT_THAT(refuse("${ROOT}/nowhere.so"),
                AllOf(HasSubstr("CPPCGI0100: "), HasSubstr("/nowhere.so"),
                      HasSubstr("check the path")));
}

TEST_P(Refusal, OfALibraryWithoutHandlers) {
    EXPECT_THAT(refuse("libc.so.6"), HasSubstr("CPPCGI0100"));
    server.install("lib/libcppcgi.so.1", "foreign.so");
    EXPECT_THAT(refuse("${ROOT}/foreign.so"),
                AllOf(HasSubstr("CPPCGI0107: "), HasSubstr("without handlers")));
}

TEST_P(Refusal, OfAFileCutShort) {
    const std::string whole = probe();
    for (const std::size_t size : {whole.size() / 2, whole.size() - 100}) {
        server.write("cut.so", whole.substr(0, size));
        EXPECT_THAT(refuse("${ROOT}/cut.so"), HasSubstr("CPPCGI0106: "));
    }
}

TEST_P(Refusal, OfAFileThatIsNoLibrary) {
    server.write("page.so", "#!/bin/sh\n");
    EXPECT_THAT(refuse("${ROOT}/page.so"), HasSubstr("CPPCGI0103: "));
    EXPECT_THAT(refuse("${BUILD}/cgi-bin/hello.cgi"), HasSubstr("CPPCGI0105: "));
    EXPECT_THAT(refuse("${ROOT}"), HasSubstr("CPPCGI0102: "));
}

TEST_P(Refusal, OfAnotherAbi) {
    server.write("abi.so", with_card([](cppcgi_card& card) { card.abi = 2; }));
    EXPECT_THAT(
        refuse("${ROOT}/abi.so"),
        AllOf(HasSubstr("CPPCGI0109: "), HasSubstr("ABI 2"), HasSubstr("ABI 1")));
}

TEST_P(Refusal, OfAnotherToolchain) {
    server.write("toolchain.so", with_card([](cppcgi_card& card) {
                     std::strcpy(card.toolchain, "libc++,abi1,plain,64");
                 }));
    EXPECT_THAT(refuse("${ROOT}/toolchain.so"),
                AllOf(HasSubstr("CPPCGI0110: "), HasSubstr("libc++,abi1,plain,64"),
                      HasSubstr(CPPCGI_TOOLCHAIN)));
}

TEST_P(Refusal, OfAnUndefinedSymbol) {
    compile(library_preamble +
                "int defined_nowhere();\nCARD(incomplete)\nENTRY(incomplete) { "
                "outcome->status = defined_nowhere(); }\n",
            server.root() / "incomplete.so");
    EXPECT_THAT(refuse("${ROOT}/incomplete.so"),
                AllOf(HasSubstr("CPPCGI0117: "), HasSubstr("defined_nowhere"),
                      HasSubstr("incomplete.so cannot be opened")));
}

TEST_P(Refusal, OfConstructorsThatDoNotReturn) {
    EXPECT_THAT(refuse("${TEST_HANDLERS}/constructor_exits.so"),
                HasSubstr("CPPCGI0121: "));
    EXPECT_THAT(refuse("${TEST_HANDLERS}/constructor_crashes.so"),
                HasSubstr("CPPCGI0122: "));
}

TEST_P(Refusal, OfAnUnknownHandler) {
    EXPECT_THAT(refuse("${TEST_HANDLERS}/probe.so", "probe:prob"),
                AllOf(HasSubstr("CPPCGI0022: "), HasSubstr("has no handler \"prob\""),
                      HasSubstr(", probe")));
}

TEST_P(Refusal, OfAnUnknownAlias) {
    EXPECT_THAT(refuse("${TEST_HANDLERS}/probe.so p", "probe"),
                AllOf(HasSubstr("CPPCGI0020: "), HasSubstr("libraries are: p")));
}

TEST_P(Refusal, OfALibraryThatLeavesOpenWhichHandlerIsMeant) {
    EXPECT_THAT(refuse("${TEST_HANDLERS}/twins.so t", "t"),
                AllOf(HasSubstr("CPPCGI0021: "), HasSubstr("sibling, twins")));
    EXPECT_EQ(server
                  .configtest("CppCGILibrary ${TEST_HANDLERS}/twins.so\n"
                              "CppCGIHandler twins\n")
                  .status,
              0);
}

TEST_P(Refusal, OfTwoFilesUnderOneAlias) {
    const Exit exit = server.configtest(
        "CppCGILibrary ${TEST_HANDLERS}/probe.so\n<VirtualHost *:${PORT}>\n"
        "CppCGILibrary ${TEST_HANDLERS}/twins.so probe\n</VirtualHost>\n");
    EXPECT_EQ(exit.status, 1);
    EXPECT_THAT(exit.output,
                AllOf(HasSubstr("CPPCGI0012: "), HasSubstr("probe.so already"),
                      HasSubstr("Syntax error on line")));
    EXPECT_EQ(server
                  .configtest("CppCGILibrary ${TEST_HANDLERS}/probe.so\n"
                              "CppCGILibrary ${TEST_HANDLERS}/probe.so\n"
                              "CppCGILibrary ${TEST_HANDLERS}/probe.so again\n")
                  .status,
              0);
}

TEST_P(Refusal, OfALibraryThatOthersMayWrite) {
    server.install("t/handlers/probe.so", "open/probe.so", 0666);
    EXPECT_THAT(refuse("${ROOT}/open/probe.so"),
                AllOf(HasSubstr("CPPCGI0115: "), HasSubstr("CppCGIWritableLibraries")));
    EXPECT_EQ(server
                  .configtest("CppCGILibrary ${ROOT}/open/probe.so\n"
                              "CppCGIWritableLibraries on\n")
                  .status,
              0);
}

TEST_P(Refusal, StopsTheStart) {
    server.configure("CppCGILibrary ${ROOT}/nowhere.so\n");
    const Exit exit = server.httpd({"-k", "start"});
    EXPECT_EQ(exit.status, 1);
    EXPECT_THAT(exit.output, HasSubstr("CPPCGI0100"));
    server.log().allow("AH00020|AH00016|Configuration Failed|CPPCGI0100");
}

TEST_P(Refusal, IsNotAskedForByAConfigurationDump) {
    server.configure("CppCGILibrary ${ROOT}/nowhere.so\n");
    EXPECT_EQ(server.httpd({"-S"}).status, 0);
    EXPECT_EQ(server.httpd({"-M"}).status, 0);
}

TEST_P(Refusal, LeavesOrderInTheFileFree) {
    const Exit exit = server.configtest(
        "<Location /a>\nCppCGIHandler probe:other\n</Location>\n"
        "<VirtualHost *:${PORT}>\nCppCGILibrary ${TEST_HANDLERS}/probe.so\n"
        "</VirtualHost>\n");
    EXPECT_EQ(exit.status, 0) << exit.output;
}

INSTANTIATE_TEST_SUITE_P(Once, Refusal, ::testing::Values("event"));

}  // namespace
}  // namespace cppcgi_test
