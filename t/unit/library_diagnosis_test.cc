#include "host/library_diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "t/scratch_directory.h"
#include "t/test_library.h"

namespace cppcgi::host {
namespace {

using cppcgi_test::compile;
using cppcgi_test::handler_source;
using cppcgi_test::library_preamble;
using cppcgi_test::ScratchDirectory;
using ::testing::HasSubstr;

class LibraryDiagnosis : public ::testing::Test {
protected:
    std::string build(const std::string& source,
                      const std::string& flags = "-shared -fPIC -g") {
        const std::string file = scratch_ / "library.so";
        compile(source, file, flags);
        return file;
    }
    Diagnosis of(const std::string& file, bool run = false) {
        return diagnose_library({.file = file, .starter = ::geteuid(), .run = run});
    }
    static std::string text_of(const Diagnosis& diagnosis) {
        std::string all;
        for (const Finding& finding : diagnosis.findings)
            all += finding.subject + ": " + finding.number + " " + finding.text + "\n";
        return all;
    }

    ScratchDirectory scratch_;
};

TEST_F(LibraryDiagnosis, FindsNothingWrongWithASoundLibrary) {
    const std::string file = build(handler_source("hello"));
    for (const bool run : {false, true}) {
        const Diagnosis diagnosis = of(file, run);
        EXPECT_FALSE(diagnosis.has_fault()) << text_of(diagnosis);
        EXPECT_THAT(text_of(diagnosis), HasSubstr("card:  handler hello"));
        EXPECT_THAT(text_of(diagnosis), HasSubstr("tracebacks show files and lines"));
    }
}

TEST_F(LibraryDiagnosis, FindsAnUndefinedSymbolWithoutOpeningIt) {
    const std::string file =
        build(library_preamble +
              "int nowhere();\nCARD(a)\nENTRY(a) { outcome->status = "
              "nowhere(); }\n");
    const Diagnosis diagnosis = of(file);
    EXPECT_TRUE(diagnosis.has_fault());
    EXPECT_THAT(text_of(diagnosis), HasSubstr("symbols: CPPCGI0117"));
    EXPECT_THAT(text_of(diagnosis), HasSubstr("nowhere"));
}

TEST_F(LibraryDiagnosis, NamesWhatKeepsOldCodeMapped) {
    const std::string unique =
        build(handler_source("a") +
              "inline int shared = [] { static int x = 1; return x; }();\n"
              "template <class T> struct S { static inline int value = 1; };\n"
              "int use() { return S<int>::value + shared; }\n");
    EXPECT_THAT(text_of(of(unique)), HasSubstr("unloading:  GNU-unique symbols"));
    const std::string local = build(handler_source("a") +
                                        "struct T { ~T(); int i; }; T::~T() {}\n"
                                        "thread_local T t; int use() { return t.i; }\n",
                                    "-shared -fPIC -fno-gnu-unique");
    EXPECT_THAT(text_of(of(local)), HasSubstr("thread_local object with a destructor"));
    EXPECT_THAT(text_of(of(local)), HasSubstr("tracebacks show no lines"));
}

TEST_F(LibraryDiagnosis, NamesWhatClashesWithTheServersLibraries) {
    const std::string loaded = scratch_ / "libserver.so";
    compile("extern \"C\" int SSL_something() { return 1; }\n", loaded);
    const std::string source =
        handler_source("a") + "extern \"C\" int SSL_something() { return 2; }\n";
    LibraryQuestion question{.file = build(source),
                             .starter = ::geteuid(),
                             .runtime = "",
                             .loaded = {loaded}};
    EXPECT_THAT(text_of(diagnose_library(question)), HasSubstr("clashes:  it defines"));
    question.file = build(source, "-shared -fPIC -Wl,-Bsymbolic");
    EXPECT_THAT(text_of(diagnose_library(question)), Not(HasSubstr("clashes")));
}

TEST_F(LibraryDiagnosis, NoRunRunsNoConstructor) {
    const std::string file =
        build(handler_source("a") +
              "#include <cstdlib>\n__attribute__((constructor)) void end() { "
              "std::_Exit(3); }\n");
    EXPECT_FALSE(of(file, false).has_fault());
    EXPECT_THAT(text_of(of(file, true)), HasSubstr("open: CPPCGI0121"));
}

}  // namespace
}  // namespace cppcgi::host
