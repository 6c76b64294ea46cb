#include "core/report_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <thread>
#include <vector>

#include "t/scratch_directory.h"

namespace cppcgi::detail {
namespace {

using cppcgi_test::ScratchDirectory;
using ::testing::HasSubstr;

constexpr const char* id = "0123456789ab";

std::string page() { return "<html>" + seen_line(1) + "the report"; }

std::size_t count(const std::string& directory) {
    const std::filesystem::directory_iterator entries(directory);
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

TEST(ReportStore, WritesOnceAndCounts) {
    const ScratchDirectory directory;
    const StoredReport first = store_report(directory.path(), id, page);
    EXPECT_EQ(first.error, 0);
    EXPECT_TRUE(first.is_new);
    EXPECT_EQ(first.path, directory / "cppcgi-0123456789ab.html");
    const StoredReport second = store_report(directory.path(), id, [] {
        ADD_FAILURE() << "made again";
        return std::string();
    });
    EXPECT_EQ(second.error, 0);
    EXPECT_FALSE(second.is_new);
    EXPECT_THAT(ScratchDirectory::read(first.path), HasSubstr("Seen 2  "));
    EXPECT_EQ(count(directory.path()), 1u);
}

TEST(ReportStore, CountsEachOfParallelOnes) {
    const ScratchDirectory directory;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            for (int j = 0; j < 25; ++j)
                EXPECT_EQ(store_report(directory.path(), id, page).error, 0);
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(ScratchDirectory::read(directory / "cppcgi-0123456789ab.html"),
                HasSubstr("Seen 200  "));
    EXPECT_EQ(count(directory.path()), 1u);
}

TEST(ReportStore, LeavesWhatIsNotItsOwn) {
    const ScratchDirectory directory;
    const std::string target = directory.write("target", "untouched");
    const std::string file = directory / "cppcgi-0123456789ab.html";
    std::filesystem::create_symlink(target, file);
    EXPECT_EQ(store_report(directory.path(), id, page).error, ELOOP);
    std::filesystem::remove(file);
    std::filesystem::create_symlink(directory / "nothing", file);
    EXPECT_EQ(store_report(directory.path(), id, page).error, ELOOP);
    EXPECT_FALSE(std::filesystem::exists(directory / "nothing"));
    std::filesystem::remove(file);
    directory.write("cppcgi-0123456789ab.html", "no report");
    EXPECT_EQ(store_report(directory.path(), id, page).error, EPERM);
    std::filesystem::remove(file);
    ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
    EXPECT_NE(store_report(directory.path(), id, page).error, 0);
    std::filesystem::remove(file);
    std::filesystem::create_directory(file);
    EXPECT_NE(store_report(directory.path(), id, page).error, 0);
    EXPECT_EQ(ScratchDirectory::read(target), "untouched");
}

TEST(ReportStore, SaysWhyThereIsNone) {
    EXPECT_EQ(store_report("/no/such/place", id, page).error, ENOENT);
    EXPECT_EQ(store_report("/dev/null", id, page).error, ENOTDIR);
}

}  // namespace
}  // namespace cppcgi::detail
