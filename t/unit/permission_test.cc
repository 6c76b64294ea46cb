#include "host/permission.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>

#include "t/scratch_directory.h"

namespace cppcgi::host {
namespace {

using cppcgi_test::ScratchDirectory;

std::string list_entry(unsigned tag, unsigned bits, unsigned id) {
    std::string entry;
    for (unsigned value : {tag, bits}) {
        entry += static_cast<char>(value & 0xff);
        entry += static_cast<char>(value >> 8 & 0xff);
    }
    for (int shift = 0; shift < 32; shift += 8)
        entry += static_cast<char>(id >> shift & 0xff);
    return entry;
}

// What the kernel itself says, asked by a process that became the user.
int kernels_answer(const Identity& user, const std::string& path, int want) {
    pid_t pid = ::fork();
    if (pid == 0) {
        int missing = 0;
        if (::setgroups(user.groups.size(), user.groups.data()) != 0 ||
            ::setgid(user.gid) != 0 || ::setuid(user.uid) != 0)
            ::_exit(100);
        for (int bit : {R_OK, W_OK, X_OK})
            if ((want & bit) != 0 && ::access(path.c_str(), bit) != 0) missing |= bit;
        ::_exit(missing);
    }
    int status = -1;
    ::waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

class PermissionTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become other users";
        ::chmod(directory_.path().c_str(), 0755);
        file_ = directory_.write("file", "");
        ASSERT_EQ(::chown(file_.c_str(), 1001, 2001), 0);
    }
    void expect_as_the_kernel() {
        struct stat status;
        ASSERT_EQ(::stat(file_.c_str(), &status), 0);
        const Identity users[] = {{0, 0, {}},           {1001, 1, {}},
                                  {1001, 2001, {}},     {1002, 2001, {}},
                                  {1003, 1, {5, 2001}}, {1004, 2002, {}},
                                  {1005, 1, {}},        {1006, 2002, {2001}}};
        for (const Identity& user : users)
            for (int want : {R_OK, W_OK, X_OK})
                EXPECT_EQ(permission_of(user, file_, status, want).missing,
                          kernels_answer(user, file_, want))
                    << want << " of uid " << user.uid << " gid " << user.gid << " "
                    << describe_mode(status);
    }

    ScratchDirectory directory_;
    std::string file_;
};

TEST_F(PermissionTest, OfEveryModeIsAsTheKernelSays) {
    for (mode_t mode :
         {0000u, 0777u, 0700u, 0070u, 0007u, 0640u, 0604u, 0111u, 0754u, 0457u}) {
        ::chmod(file_.c_str(), mode);
        expect_as_the_kernel();
    }
}

TEST_F(PermissionTest, OfAnAccessListIsAsTheKernelSays) {
    for (unsigned mask : {7u, 5u, 0u}) {
        std::string list("\2\0\0\0", 4);
        list += list_entry(1, 6, 0xffffffff) + list_entry(2, 7, 1004) +
                list_entry(2, 0, 1005) + list_entry(4, 4, 0xffffffff) +
                list_entry(8, 3, 2002) + list_entry(16, mask, 0xffffffff) +
                list_entry(32, 1, 0xffffffff);
        if (::setxattr(file_.c_str(), "system.posix_acl_access", list.data(),
                       list.size(), 0) != 0)
            GTEST_SKIP() << "no access lists here: " << std::strerror(errno);
        EXPECT_TRUE(read_access_list(file_).present);
        expect_as_the_kernel();
    }
}

TEST(Permission, NamesTheClassThatDecided) {
    struct stat status = {};
    status.st_mode = S_IFREG | 0640;
    status.st_uid = 10;
    status.st_gid = 20;
    EXPECT_EQ(permission_of({10, 1, {}}, "/no/where", status, X_OK).who, 'u');
    EXPECT_EQ(permission_of({11, 20, {}}, "/no/where", status, X_OK).who, 'g');
    EXPECT_EQ(permission_of({11, 1, {20}}, "/no/where", status, X_OK).who, 'g');
    EXPECT_EQ(permission_of({11, 1, {}}, "/no/where", status, X_OK).who, 'o');
}

TEST(Identity, OfThisProcessIsWhatTheKernelSays) {
    Identity self = current_identity();
    EXPECT_EQ(self.uid, ::geteuid());
    EXPECT_TRUE(self.in_group(::getegid()));
}

TEST(Identity, IsFoundByNameAndByNumber) {
    Identity root;
    EXPECT_TRUE(find_identity("root", root));
    EXPECT_EQ(root.uid, 0u);
    EXPECT_TRUE(find_identity("0", root));
    EXPECT_EQ(user_name(root.uid), "root");
    EXPECT_FALSE(find_identity("no-such-user", root));
    EXPECT_FALSE(find_identity("", root));
    EXPECT_FALSE(find_identity("987654321", root));
    EXPECT_EQ(user_name(987654321), "uid 987654321");
    EXPECT_EQ(group_name(987654321), "gid 987654321");
}

}  // namespace
}  // namespace cppcgi::host
