#include "tools/cppcgi/source_build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <fstream>

#include "t/process.h"
#include "t/scratch_directory.h"

namespace cppcgi::tools {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Sources without our headers, which take a compiler longer than all else here.
class SourceBuildTest : public ::testing::Test {
protected:
    void write(const char* name, const std::string& text) {
        std::ofstream(directory / name) << text;
    }
    // What a round of looking and waiting does; true when there is a new library.
    bool build() {
        if (!one.refresh()) return false;
        int status = 0;
        const pid_t process = ::waitpid(one.process(), &status, 0);
        return one.finish(process, status);
    }
    void SetUp() override {
        fs::create_directory(directory / "out");
        write("x.h", "#define X 1\n");
        write("x.cc", "#include \"x.h\"\nint x() { return X; }\n");
    }

    cppcgi_test::ScratchDirectory directory;
    Compiler compiler;
    SourceBuild one{fs::path(directory / "x.cc"), fs::path(directory / "out"),
                    compiler};
};

TEST_F(SourceBuildTest, BuildsOnceForEachChange) {
    EXPECT_TRUE(build());
    EXPECT_TRUE(fs::exists(one.library()));
    EXPECT_FALSE(one.refresh());
    write("x.cc", "#include \"x.h\"\nint x() { return X + 1; }\n");
    EXPECT_TRUE(build());
    EXPECT_FALSE(one.refresh());
    write("x.h", "#define X 22\n");
    EXPECT_TRUE(build());
    EXPECT_FALSE(one.refresh());
    EXPECT_FALSE(one.is_broken());
}

TEST_F(SourceBuildTest, ChangeWhileTheCompilerRunsIsBuiltAfterwards) {
    EXPECT_TRUE(build());
    write("x.h", "#define X 22\n");
    EXPECT_TRUE(one.refresh());
    write("x.h", "#define X 333\n");
    int status = 0;
    const pid_t process = ::waitpid(one.process(), &status, 0);
    one.finish(process, status);  // of either text, or of half of one
    EXPECT_TRUE(build());
    EXPECT_FALSE(one.refresh());
}

TEST_F(SourceBuildTest, FailureKeepsTheLibrary) {
    EXPECT_TRUE(build());
    write("x.cc", "#include \"x.h\"\nint x() { return Y; }\n");
    EXPECT_FALSE(build());
    EXPECT_TRUE(one.is_broken());
    EXPECT_THAT(one.words(), HasSubstr("x.cc:2:18: error: "));
    EXPECT_TRUE(fs::exists(one.library()));
    EXPECT_FALSE(one.refresh());
    write("x.h", "#define Y 1\n");
    EXPECT_TRUE(build());
    EXPECT_FALSE(one.is_broken());
}

TEST_F(SourceBuildTest, MissingFileThatComesIsBuilt) {
    write("x.cc", "#include \"y.h\"\n");
    EXPECT_FALSE(build());
    EXPECT_FALSE(one.refresh());
    write("y.h", "");
    EXPECT_TRUE(build());
}

}  // namespace
}  // namespace cppcgi::tools
