#include "host/library_search.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "t/scratch_directory.h"
#include "t/test_library.h"

namespace cppcgi::host {
namespace {

using cppcgi_test::compile;
using cppcgi_test::ScratchDirectory;

class LibrarySearchTest : public ::testing::Test {
protected:
    std::vector<MissingLibrary> missing(const std::string& file,
                                        const std::string& library_path = "") {
        int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        EXPECT_GE(fd, 0) << file;
        ElfFile elf = read_elf(fd);
        ElfNeeds needs = read_needs(fd, elf);
        ::close(fd);
        return missing_libraries(file, elf, needs, library_path);
    }

    ScratchDirectory directory_;
};

TEST_F(LibrarySearchTest, EverythingOfARunningProgramIsFound) {
    std::vector<MissingLibrary> all = missing("/proc/self/exe");
    EXPECT_TRUE(all.empty()) << all[0].name << " for " << all[0].needed_by;
    EXPECT_FALSE(cached_paths("libc.so.6").empty());
    EXPECT_TRUE(cached_paths("libnowhere.so.9").empty());
}

TEST_F(LibrarySearchTest, LibraryThatIsNowhereIsNamedWithWhoNeedsIt) {
    std::string inner = directory_ / "libinner-test.so";
    std::string outer = directory_ / "libouter-test.so";
    std::string program = directory_ / "program";
    compile("extern \"C\" int inner() { return 1; }", inner,
            "-shared -fPIC -Wl,-soname,libinner-test.so.1");
    compile("extern \"C\" int inner(); extern \"C\" int outer() { return inner(); }",
            outer, "-shared -fPIC -Wl,-soname,libouter-test.so '" + inner + "'");
    compile("extern \"C\" int outer(); int main() { return outer(); }", program,
            "'" + outer +
                "' -Wl,--allow-shlib-undefined "
                "-Wl,--enable-new-dtags '-Wl,-rpath,$ORIGIN'");
    std::vector<MissingLibrary> all = missing(program);
    ASSERT_EQ(all.size(), 1u) << "the outer one is found by $ORIGIN";
    EXPECT_EQ(all[0].name, "libinner-test.so.1");
    EXPECT_EQ(all[0].needed_by, outer);
    ASSERT_EQ(::symlink(inner.c_str(), (directory_ / "libinner-test.so.1").c_str()), 0);
    EXPECT_EQ(missing(program).size(), 1u) << "RUNPATH is not inherited";
    EXPECT_TRUE(missing(program, "/no/where:" + directory_.path()).empty());
}

}  // namespace
}  // namespace cppcgi::host
