#include "host/writable.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/identity.h"
#include "t/scratch_directory.h"

namespace cppcgi::host {
namespace {

using cppcgi_test::ScratchDirectory;

class WritableTest : public ::testing::Test {
protected:
    WritableTest() {
        ::chmod(directory_.path().c_str(), 0755);
        ::mkdir((directory_ / "d").c_str(), 0755);
        ::chmod((directory_ / "d").c_str(), 0755);  // whatever the umask
        file_ = directory_.write("d/a.so", "", 0644);
    }
    LibraryFault check() { return check_writable(file_, ::getuid()); }
    void expect_refused(const std::string& who, const std::string& remedy) {
        LibraryFault fault = check();
        EXPECT_EQ(fault.cause, LibraryCause::writable);
        EXPECT_NE(fault.text.find(who + " may write"), std::string::npos) << fault.text;
        EXPECT_NE(fault.text.find("`" + remedy + "`"), std::string::npos) << fault.text;
    }

    ScratchDirectory directory_;
    std::string file_;
};

TEST_F(WritableTest, OwnFileBelowAStickyDirectoryIsGood) {
    EXPECT_EQ(check().text, "");  // /tmp is sticky
}

TEST_F(WritableTest, FileThatEverybodyMayWriteIsRefused) {
    ::chmod(file_.c_str(), 0666);
    expect_refused("everybody", "chmod o-w " + file_);
}

TEST_F(WritableTest, DirectoryThatEverybodyMayWriteIsRefusedUnlessSticky) {
    ::chmod((directory_ / "d").c_str(), 0777);
    expect_refused("everybody", "chmod o-w " + directory_ / "d");
    ::chmod((directory_ / "d").c_str(), 01777);
    EXPECT_EQ(check().text, "");
}

TEST_F(WritableTest, DirectoryOfALinkCountsAsWell) {
    ::mkdir((directory_ / "open").c_str(), 0777);
    ::chmod((directory_ / "open").c_str(), 0777);
    ASSERT_EQ(::symlink(file_.c_str(), (directory_ / "open/a.so").c_str()), 0);
    file_ = directory_ / "open/a.so";
    expect_refused("everybody", "chmod o-w " + directory_ / "open");
}

TEST_F(WritableTest, ForeignOwnerIsRefusedButNotTheStarter) {
    if (::chown(file_.c_str(), 33, 0) != 0) GTEST_SKIP() << "needs root";
    expect_refused("its owner " + user_name(33), "chown root " + file_);
    EXPECT_EQ(check_writable(file_, 33).text, "");
}

TEST_F(WritableTest, GroupCountsAsItsMembers) {
    ::chmod(file_.c_str(), 0664);
    if (::chown(file_.c_str(), 0, 33) != 0) GTEST_SKIP() << "needs root";
    Identity web;
    if (!find_identity("33", web) || web.gid != 33) GTEST_SKIP() << "no www-data here";
    expect_refused("the group " + group_name(33), "chmod g-w " + file_);
    EXPECT_EQ(check_writable(file_, 33).text, "") << "a private group of the starter";
}

TEST_F(WritableTest, MissingFileIsNamed) {
    file_ = directory_ / "none/a.so";
    LibraryFault fault = check();
    EXPECT_EQ(fault.cause, LibraryCause::missing);
    EXPECT_NE(fault.text.find("none/a.so cannot be opened: No such file"),
              std::string::npos);
}

}  // namespace
}  // namespace cppcgi::host
