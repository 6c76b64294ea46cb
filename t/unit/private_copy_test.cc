#include "host/private_copy.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "host/elf_file.h"
#include "t/scratch_directory.h"

namespace cppcgi::host {
namespace {

using namespace std::chrono_literals;
using cppcgi_test::ScratchDirectory;

std::string content(int fd) { return read_range(fd, 0, 1 << 20); }

void make_old(const std::string& file) {
    timespec times[2] = {{0, UTIME_OMIT}, {1'000'000'000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
}

class PrivateCopyTest : public ::testing::Test {
protected:
    PrivateCopyTest() {
        file_ = directory_.write("a.so", std::string(300'000, 'a'));
        make_old(file_);
    }
    ~PrivateCopyTest() override {
        if (result_.copy.fd >= 0) ::close(result_.copy.fd);
    }
    void copy(const CopyOptions& options = {}) {
        result_ = make_private_copy(file_, options);
    }

    ScratchDirectory directory_;
    std::string file_;
    CopyResult result_;
};

TEST_F(PrivateCopyTest, IsASealedMemfd) {
    copy();
    ASSERT_FALSE(result_.fault) << result_.fault.text;
    EXPECT_FALSE(result_.warning) << result_.warning.text;
    EXPECT_EQ(result_.copy.kind, CopyKind::memfd);
    EXPECT_EQ(content(result_.copy.fd), std::string(300'000, 'a'));
    EXPECT_EQ(::pwrite(result_.copy.fd, "x", 1, 0), -1);
    EXPECT_EQ(::ftruncate(result_.copy.fd, 0), -1);
    EXPECT_NE(::fcntl(result_.copy.fd, F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(PrivateCopyTest, KeepsItsBytesWhateverHappensToTheFile) {
    copy();
    directory_.write("a.so", "new");
    EXPECT_EQ(content(result_.copy.fd), std::string(300'000, 'a'));
}

TEST_F(PrivateCopyTest, IsNotMadeWhileTheFileIsOpenForWriting) {
    const std::string program = directory_.write("program", "");
    std::filesystem::copy_file("/proc/self/exe", program,
                               std::filesystem::copy_options::overwrite_existing);
    ::chmod(program.c_str(), 0755);
    make_old(program);
    const int writer = ::open(program.c_str(), O_WRONLY | O_CLOEXEC);
    char* none[] = {nullptr};
    const int reader = ::open(program.c_str(), O_RDONLY | O_CLOEXEC);
    const bool told =
        ::syscall(SYS_execveat, reader, "", none, none, AT_EMPTY_PATH | 0x10000) != 0 &&
        errno == ETXTBSY;
    ::close(reader);
    CopyOptions options;
    options.patience = 0ms;
    const CopyResult refused = make_private_copy(program, options);
    ::close(writer);
    if (!told) GTEST_SKIP() << "the kernel does not tell (before Linux 6.14)";
    EXPECT_EQ(refused.fault.cause, LibraryCause::changing);
    result_ = make_private_copy(program, options);
    EXPECT_FALSE(result_.fault) << result_.fault.text;
}

TEST_F(PrivateCopyTest, KeyTellsARewriteARenameAndATouch) {
    copy();
    FileKey key;
    ASSERT_EQ(read_key(file_.c_str(), key), 0);
    EXPECT_EQ(key, result_.copy.key);
    directory_.write("b.so", std::string(300'000, 'b'));
    make_old(directory_ / "b.so");
    std::filesystem::rename(directory_ / "b.so", file_);
    FileKey renamed;
    ASSERT_EQ(read_key(file_.c_str(), renamed), 0);
    EXPECT_NE(renamed, key);
    directory_.write("a.so", std::string(300'000, 'c'));
    FileKey rewritten;
    ASSERT_EQ(read_key(file_.c_str(), rewritten), 0);
    EXPECT_NE(rewritten, renamed);
    EXPECT_EQ(read_key((directory_ / "none").c_str(), key), ENOENT);
}

TEST_F(PrivateCopyTest, OfAnOldFileIsMadeAtOnce) {
    CopyOptions options;
    options.patience = 0ms;
    copy(options);
    EXPECT_FALSE(result_.fault) << result_.fault.text;
}

TEST_F(PrivateCopyTest, OfANewFileWaitsUntilItHeldStill) {
    directory_.write("a.so", "new");
    CopyOptions options;
    options.patience = 0ms;
    copy(options);
    EXPECT_EQ(result_.fault.cause, LibraryCause::changing) << result_.fault.text;
    EXPECT_EQ(result_.copy.fd, -1);
    copy();
    ASSERT_FALSE(result_.fault) << result_.fault.text;
    EXPECT_EQ(content(result_.copy.fd), "new");
    FileKey key = result_.copy.key;
    timespec now;
    ::clock_gettime(CLOCK_REALTIME, &now);
    EXPECT_GE(now.tv_sec * 1'000'000'000 + now.tv_nsec - key.mtime, 190'000'000);
}

TEST_F(PrivateCopyTest, OfAFileFromTheFutureIsMade) {
    timespec times[2] = {{0, UTIME_OMIT}, {4'000'000'000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, file_.c_str(), times, 0), 0);
    copy();
    EXPECT_FALSE(result_.fault) << result_.fault.text;
}

TEST_F(PrivateCopyTest, IsNeverTakenOfAFileThatIsBeingWritten) {
    std::jthread writer([this](std::stop_token stop) {
        for (int i = 0; !stop.stop_requested(); ++i) {
            directory_.write("a.so", std::string(static_cast<std::size_t>(i), 'w'));
            std::this_thread::sleep_for(5ms);
        }
    });
    FileKey key;
    while (read_key(file_.c_str(), key) != 0 || key.size > 1000)
        std::this_thread::yield();
    CopyOptions options;
    options.patience = 600ms;
    copy(options);
    EXPECT_EQ(result_.fault.cause, LibraryCause::changing);
}

TEST_F(PrivateCopyTest, WithoutMemfdIsAnUnlinkedFileOfTheLibraryDir) {
    CopyOptions options;
    options.try_memfd = false;
    ScratchDirectory library_dir;
    options.library_dir = library_dir.path();
    copy(options);
    ASSERT_FALSE(result_.fault) << result_.fault.text;
    EXPECT_FALSE(result_.warning);
    EXPECT_EQ(result_.copy.kind, CopyKind::unlinked);
    EXPECT_EQ(content(result_.copy.fd), std::string(300'000, 'a'));
    EXPECT_TRUE(std::filesystem::is_empty(library_dir.path()));
    struct stat status;
    ASSERT_EQ(::fstat(result_.copy.fd, &status), 0);
    EXPECT_EQ(status.st_nlink, 0u);
    EXPECT_EQ(status.st_mode & 0777, 0555u);
    EXPECT_EQ(::write(result_.copy.fd, "x", 1), -1);
}

TEST_F(PrivateCopyTest, WithNoPlaceIsTheFileItselfWithAWarning) {
    CopyOptions options;
    options.try_memfd = false;
    copy(options);
    ASSERT_FALSE(result_.fault) << result_.fault.text;
    EXPECT_EQ(result_.copy.kind, CopyKind::original);
    EXPECT_EQ(result_.warning.cause, LibraryCause::shared_file);
    EXPECT_NE(result_.warning.text.find("CppCGILibraryDir is not set"),
              std::string::npos)
        << result_.warning.text;
    EXPECT_EQ(content(result_.copy.fd), std::string(300'000, 'a'));
}

TEST_F(PrivateCopyTest, LibraryDirThatIsMissingIsNamedInTheWarning) {
    CopyOptions options;
    options.try_memfd = false;
    options.library_dir = directory_ / "missing";
    copy(options);
    EXPECT_EQ(result_.copy.kind, CopyKind::original);
    EXPECT_NE(result_.warning.text.find(options.library_dir), std::string::npos);
}

// A private mount needs root; without it the case is covered by may_execute's caller.
TEST_F(PrivateCopyTest, NoexecMountIsNotUsed) {
    ScratchDirectory noexec;
    if (::mount("none", noexec.path().c_str(), "tmpfs", MS_NOEXEC, "size=4m") != 0)
        GTEST_SKIP() << "needs the right to mount";
    CopyOptions options;
    options.try_memfd = false;
    options.library_dir = noexec.path();
    copy(options);
    EXPECT_EQ(result_.copy.kind, CopyKind::original);
    EXPECT_NE(result_.warning.text.find("is it mounted noexec?"), std::string::npos)
        << result_.warning.text;
    ::close(result_.copy.fd);
    file_ = noexec.write("a.so", "a");
    make_old(file_);
    copy(options);
    EXPECT_EQ(result_.fault.cause, LibraryCause::not_executable) << result_.fault.text;
    ::umount2(noexec.path().c_str(), MNT_DETACH);
}

// vm.memfd_noexec holds for a process namespace: the setting of this one stays.
TEST_F(PrivateCopyTest, WhereMemfdMayNotBeExecutedTheLibraryDirIsUsed) {
    constexpr int passed = 0, failed = 1, skipped = 2;
    ScratchDirectory library_dir;
    pid_t outer = ::fork();
    if (outer == 0) {
        if (::unshare(CLONE_NEWPID) != 0) ::_exit(skipped);
        pid_t inner = ::fork();
        if (inner == 0) {
            int fd = ::open("/proc/sys/vm/memfd_noexec", O_WRONLY | O_CLOEXEC);
            if (fd < 0 || ::write(fd, "2", 1) != 1) ::_exit(skipped);
            CopyOptions options;
            options.library_dir = library_dir.path();
            CopyResult with = make_private_copy(file_, options);
            CopyResult without = make_private_copy(file_);
            bool good =
                with.copy.kind == CopyKind::unlinked && !with.warning &&
                without.copy.kind == CopyKind::original &&
                without.warning.text.find("vm.memfd_noexec") != std::string::npos;
            ::_exit(good ? passed : failed);
        }
        int status = -1;
        ::waitpid(inner, &status, 0);
        ::_exit(WEXITSTATUS(status));
    }
    int status = -1;
    ::waitpid(outer, &status, 0);
    if (WEXITSTATUS(status) == skipped) GTEST_SKIP() << "needs a namespace of its own";
    EXPECT_EQ(status, passed);
}

TEST_F(PrivateCopyTest, OfNoRegularFileIsRefused) {
    file_ = directory_.path();
    copy();
    EXPECT_EQ(result_.fault.cause, LibraryCause::not_regular);
    file_ = directory_ / "missing";
    copy();
    EXPECT_EQ(result_.fault.cause, LibraryCause::missing);
}

}  // namespace
}  // namespace cppcgi::host
