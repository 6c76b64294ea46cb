#include "core/open_file.h"

#include <cppcgi/error.h>

#include <gtest/gtest.h>

#include <atomic>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "t/scratch_directory.h"

namespace cppcgi::detail {
namespace {

using cppcgi_test::ScratchDirectory;

std::string text_of(const Descriptor& file) {
    char text[64];
    const ssize_t got = ::pread(file.number(), text, sizeof text, 0);
    return got < 0 ? "(none)" : std::string(text, static_cast<std::size_t>(got));
}

int status_of(const std::string& root, std::string_view name) {
    try {
        const Descriptor file = open_beneath(root, name);
        return 200;
    } catch (const Error& error) {
        return error.status();
    }
}

// root/ with files and links, and secret beside it.
class Beneath : public ::testing::Test {
protected:
    Beneath() {
        namespace fs = std::filesystem;
        fs::create_directories(root + "/sub/deep");
        folder.write("root/page.txt", "page");
        folder.write("root/sub/deep/leaf.txt", "leaf");
        secret = folder.write("secret", "secret");
        fs::create_symlink("../secret", root + "/out");
        fs::create_symlink(secret, root + "/absolute");
        fs::create_symlink("..", root + "/up");
        fs::create_symlink("page.txt", root + "/in");
        fs::create_symlink("/proc/self/cwd", root + "/magic");
        ::mkfifo((root + "/fifo").c_str(), 0666);
    }

    ScratchDirectory folder;
    std::string root = folder / "root";
    std::string secret;
};

TEST_F(Beneath, FilesOfTheFolderAreGiven) {
    EXPECT_EQ(text_of(open_beneath(root, "page.txt")), "page");
    EXPECT_EQ(text_of(open_beneath(root, "/page.txt")), "page");
    EXPECT_EQ(text_of(open_beneath(root, "//sub/./deep//leaf.txt")), "leaf");
    EXPECT_EQ(text_of(open_beneath(root + "/", "in")), "page");
}

TEST_F(Beneath, NothingElseIs) {
    using namespace std::string_view_literals;
    for (const std::string_view name : {""sv,
                                        "/"sv,
                                        "."sv,
                                        ".."sv,
                                        "../secret"sv,
                                        "/../secret"sv,
                                        "sub/../../secret"sv,
                                        "sub/../page.txt"sv,
                                        "page.txt/"sv,
                                        "page.txt\0"sv,
                                        "page.txt\0.png"sv,
                                        "out"sv,
                                        "absolute"sv,
                                        "up/secret"sv,
                                        "magic/x"sv,
                                        "sub"sv,
                                        "sub/"sv,
                                        "fifo"sv,
                                        "no-such"sv,
                                        "page.txt/x"sv,
                                        "..\\secret"sv,
                                        "%2e%2e/secret"sv})
        EXPECT_EQ(status_of(root, name), 404) << name;
    EXPECT_EQ(status_of(root, secret), 404);
    EXPECT_EQ(status_of(root, std::string(5000, 'a')), 404);
    EXPECT_EQ(status_of(root + "/no-such", "page.txt"), 404);
}

TEST_F(Beneath, TheWalkFollowsNoLinkAtAll) {
    const Descriptor start(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    EXPECT_EQ(text_of(walk_beneath(start.number(), "sub/deep/leaf.txt")), "leaf");
    for (const char* name : {"out", "absolute", "in", "up/secret", "magic/x", "sub/no"})
        EXPECT_FALSE(walk_beneath(start.number(), name)) << name;
    EXPECT_FALSE(walk_beneath(start.number(), std::string(300, 'a')));
}

// A folder of the name becomes a link to outside and back, all the time.
TEST_F(Beneath, NoRaceLeadsOutside) {
    namespace fs = std::filesystem;
    fs::create_directories(root + "/there");
    folder.write("root/there/secret", "inside");
    fs::create_symlink("..", root + "/link");
    std::atomic<bool> stop{false};
    std::thread changer([&] {
        const std::string there = root + "/there", link = root + "/link";
        while (!stop) {
            ::renameat2(AT_FDCWD, there.c_str(), AT_FDCWD, link.c_str(),
                        RENAME_EXCHANGE);
        }
    });
    const Descriptor start(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    int given = 0;
    for (int i = 0; i < 4000; ++i) {
        const bool by_walk = i % 2 != 0;
        try {
            const Descriptor file = by_walk
                                        ? walk_beneath(start.number(), "there/secret")
                                        : open_beneath(root, "there/secret");
            if (!file) continue;
            ++given;
            ASSERT_EQ(text_of(file), "inside") << (by_walk ? "walk" : "kernel");
        } catch (const Error& error) {
            ASSERT_EQ(error.status(), 404) << error.what();
        }
    }
    stop = true;
    changer.join();
    EXPECT_GT(given, 0);
}

TEST(OpenFile, WhatIsNoRegularFileIs404) {
    for (const char* path : {"/", "/dev/null", "/no/such", ""}) {
        try {
            open_file(path);
            ADD_FAILURE() << path;
        } catch (const Error& error) {
            EXPECT_EQ(error.status(), 404) << path;
        }
    }
    EXPECT_THROW(open_file(std::string("/etc/passwd\0x", 13)), Error);
}

}  // namespace
}  // namespace cppcgi::detail
