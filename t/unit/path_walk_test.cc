#include "host/path_walk.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "t/scratch_directory.h"

namespace cppcgi::host {
namespace {

using cppcgi_test::ScratchDirectory;

class PathWalkTest : public ::testing::Test {
protected:
    PathWalkTest() {
        ::mkdir((directory_ / "a").c_str(), 0755);
        directory_.write("a/file", "");
    }
    void link(const std::string& target, const std::string& name) {
        ASSERT_EQ(::symlink(target.c_str(), (directory_ / name).c_str()), 0);
    }
    // The steps below the test's directory, without its path.
    std::string steps(const PathWalk& walk) {
        std::string text;
        for (const PathStep& step : walk.steps)
            if (step.path.size() > directory_.path().size())
                text += step.path.substr(directory_.path().size()) + " ";
        return text;
    }

    ScratchDirectory directory_;
};

TEST_F(PathWalkTest, VisitsEachDirectoryFromTheRoot) {
    PathWalk walk = walk_path(directory_ / "a//./file");
    EXPECT_EQ(walk.error, 0);
    EXPECT_EQ(walk.steps.front().path, "/");
    EXPECT_EQ(steps(walk), "/a /a/file ");
    EXPECT_EQ(walk.link, "");
}

TEST_F(PathWalkTest, FollowsRelativeAndAbsoluteLinks) {
    link("a", "relative");
    link(directory_ / "relative/file", "absolute");
    PathWalk walk = walk_path(directory_ / "absolute");
    EXPECT_EQ(walk.error, 0) << walk.failed;
    EXPECT_EQ(steps(walk), "/absolute /relative /a /a/file ");
    EXPECT_EQ(walk.link, directory_ / "relative");
    EXPECT_EQ(steps(walk_path(directory_ / "relative/../a/file")),
              "/relative /a /a /a/file ");
}

TEST_F(PathWalkTest, TellsWhereItEnded) {
    PathWalk walk = walk_path(directory_ / "a/none/x");
    EXPECT_EQ(walk.error, ENOENT);
    EXPECT_EQ(walk.failed, directory_ / "a/none");
    walk = walk_path(directory_ / "a/file/x");
    EXPECT_EQ(walk.error, ENOTDIR);
    link("loop", "loop");
    EXPECT_EQ(walk_path(directory_ / "loop").error, ELOOP);
    link("gone", "dangling");
    walk = walk_path(directory_ / "dangling");
    EXPECT_EQ(walk.error, ENOENT);
    EXPECT_EQ(walk.link, directory_ / "dangling");
    EXPECT_EQ(walk_path(directory_ / std::string(300, 'x')).error, ENAMETOOLONG);
}

TEST_F(PathWalkTest, RootAndAboveIsTheRoot) {
    EXPECT_EQ(walk_path("/").steps.size(), 1u);
    EXPECT_EQ(walk_path("/../..").steps.size(), 1u);
}

TEST_F(PathWalkTest, RelativePathStartsAtTheWorkingDirectory) {
    PathWalk walk = walk_path(".");
    char directory[4096];
    ASSERT_NE(::getcwd(directory, sizeof(directory)), nullptr);
    ASSERT_EQ(walk.error, 0);
    EXPECT_EQ(walk.steps.back().path, directory);
}

}  // namespace
}  // namespace cppcgi::host
