#include "tools/scratch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace cppcgi::tools {
namespace {

namespace fs = std::filesystem;

// Of this process only: tests run beside each other.
std::string purpose() { return "test-" + std::to_string(::getpid()); }

TEST(Scratch, IsGoneWithTheObject) {
    fs::path path;
    {
        const Scratch scratch(purpose());
        path = scratch.path();
        fs::create_directory(path / "folder");
        EXPECT_TRUE(fs::is_directory(path));
    }
    EXPECT_FALSE(fs::exists(path));
}

TEST(Scratch, LeftBehindIsRemovedByTheNext) {
    const fs::path left =
        fs::temp_directory_path() / ("cppcgi-" + purpose() + "-abcdef");
    fs::create_directories(left / "folder");
    const Scratch scratch(purpose());
    EXPECT_FALSE(fs::exists(left));
}

TEST(Scratch, InUseIsLeftAlone) {
    const Scratch first(purpose());
    const Scratch second(purpose());
    EXPECT_TRUE(fs::exists(first.path()));
    EXPECT_NE(first.path(), second.path());
}

TEST(Scratch, LinkOfThatNameIsLeftAlone) {
    const fs::path target = fs::temp_directory_path() / (purpose() + "-target");
    const fs::path link = fs::temp_directory_path() / ("cppcgi-" + purpose() + "-link");
    fs::create_directory(target);
    fs::create_symlink(target, link);
    { const Scratch scratch(purpose()); }
    EXPECT_TRUE(fs::exists(target));
    fs::remove(link);
    fs::remove(target);
}

}  // namespace
}  // namespace cppcgi::tools
