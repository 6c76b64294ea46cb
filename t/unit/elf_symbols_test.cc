#include "host/elf_symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "t/scratch_directory.h"
#include "t/test_library.h"

namespace cppcgi::host {
namespace {

using cppcgi_test::compile;
using cppcgi_test::ScratchDirectory;

class ElfSymbolsTest : public ::testing::Test {
protected:
    ~ElfSymbolsTest() override {
        if (fd_ >= 0) ::close(fd_);
    }
    void build(const std::string& source, const std::string& flags = "") {
        compile(source, file_, "-shared -fPIC " + flags);
        if (fd_ >= 0) ::close(fd_);
        fd_ = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
    }

    ScratchDirectory directory_;
    std::string file_ = directory_ / "a.so";
    int fd_ = -1;
};

TEST_F(ElfSymbolsTest, DefinedAndUndefinedOnesAreTold) {
    build("extern \"C\" int asked(); extern \"C\" int offered() { return asked(); }");
    std::vector<ElfSymbol> symbols = read_symbols(fd_, read_elf(fd_));
    auto find = [&](const char* name) {
        return std::find_if(symbols.begin(), symbols.end(),
                            [&](const ElfSymbol& s) { return s.name == name; });
    };
    ASSERT_NE(find("asked"), symbols.end());
    EXPECT_FALSE(find("asked")->defined);
    ASSERT_NE(find("offered"), symbols.end());
    EXPECT_TRUE(find("offered")->defined);
    EXPECT_EQ(find("offered")->type, STT_FUNC);
}

TEST_F(ElfSymbolsTest, PlainLibraryHasNoReasonToStay) {
    build("int f() { return 1; }");
    EXPECT_EQ(reason_to_stay(fd_), "");
}

TEST_F(ElfSymbolsTest, ReasonsToStayAreNamed) {
    build("int f() { return 1; }", "-Wl,-z,nodelete");
    EXPECT_NE(reason_to_stay(fd_).find("-z nodelete"), std::string::npos);
    build(
        "struct S { ~S(); int i; }; S::~S() { i = 0; } thread_local S s;"
        "int f() { return s.i; }");
    EXPECT_NE(reason_to_stay(fd_).find("thread_local"), std::string::npos);
    build(
        "template <class T> struct S { static inline int one = 1; };"
        "int f() { return S<int>::one; }");
    std::string reason = reason_to_stay(fd_);
    if (reason.empty()) GTEST_SKIP() << "this compiler writes no GNU-unique symbols";
    EXPECT_NE(reason.find("GNU-unique symbol S<int>::one;"), std::string::npos)
        << reason;
}

TEST_F(ElfSymbolsTest, OfNoElfFileThereAreNone) {
    fd_ = ::open(directory_.write("text", "text").c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_TRUE(read_symbols(fd_, read_elf(fd_)).empty());
    EXPECT_EQ(reason_to_stay(fd_), "");
}

}  // namespace
}  // namespace cppcgi::host
