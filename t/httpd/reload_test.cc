// CppCGIReload auto: a changed library is swapped in between requests, whatever way its file
// changes, and no request fails or sees half of each.
#include <gtest/gtest.h>

#include "t/httpd/server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;

class Reload : public HttpdTest {
protected:
    void SetUp() override {
        file_ = server.install("t/handlers/version_one.so", "handlers/version.so");
        server.start(
            "CppCGIReload auto\nCppCGILibrary ${ROOT}/handlers/version.so\n"
            "<Location /version>\n CppCGIHandler version\n</Location>\n");
        ASSERT_EQ(answer(), "one");
    }

    std::string answer() const { return client().get("/version").body; }
    std::string bytes_of(const std::string& version) const {
        return read_file(build_dir() / "t/handlers" / ("version_" + version + ".so"));
    }
    void write_in_place(const std::string& bytes) {
        std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes;
    }
    void replace_by_rename(const std::string& bytes) {
        const fs::path next = file_.string() + ".next";
        std::ofstream(next, std::ios::binary) << bytes;
        fs::rename(next, file_);
    }
    // Whether the kernel says that somebody has the file open for writing.
    bool is_told_to_be_written() const {
        char* none[] = {nullptr};
        constexpr int check_only = 0x10000;  // AT_EXECVE_CHECK
        return syscall(SYS_execveat, AT_FDCWD, file_.c_str(), none, none, check_only) !=
                   0 &&
               errno == ETXTBSY;
    }
    // Every child has looked when this many answers in a row are the new one's.
    bool serves(const std::string& version) {
        return poll_until([&] {
            for (int i = 0; i < 20; ++i)
                if (answer() != version) return false;
            return true;
        });
    }

    fs::path file_;
};

TEST_P(Reload, TakesAFileReplacedByRename) {
    replace_by_rename(bytes_of("two"));
    EXPECT_TRUE(serves("two"));
}

TEST_P(Reload, TakesAFileOverwrittenInPlace) {
    write_in_place(bytes_of("two"));
    EXPECT_TRUE(serves("two"));
}

TEST_P(Reload, TruncatedFileKeepsTheOldVersion) {
    server.log().allow("CPPCGI0533");
    write_in_place(bytes_of("two").substr(0, 5000));
    EXPECT_TRUE(poll_until([this] {
        EXPECT_EQ(answer(), "one");
        return server.log().count("CPPCGI0533.*CPPCGI0106") > 0;
    }));
    write_in_place(bytes_of("two"));
    EXPECT_TRUE(serves("two"));
}

TEST_P(Reload, DeletedFileKeepsTheOldVersion) {
    server.log().allow("CPPCGI0530");
    fs::remove(file_);
    EXPECT_TRUE(poll_until([this] {
        EXPECT_EQ(answer(), "one");
        return server.log().count("CPPCGI0530") > 0;
    }));
    replace_by_rename(bytes_of("two"));
    EXPECT_TRUE(serves("two"));
}

TEST_P(Reload, VersionWithoutTheHandlerIsNotTaken) {
    server.log().allow("CPPCGI0533");
    replace_by_rename(read_file(build_dir() / "handlers/hello.so"));
    EXPECT_TRUE(poll_until([this] {
        EXPECT_EQ(answer(), "one");
        return server.log().count("CPPCGI0533.*no handler \"version\"") > 0;
    }));
}

TEST_P(Reload, VersionWhoseConstructorsEndTheProcessIsNotTaken) {
    server.log().allow("CPPCGI0533");
    const auto children = server.children();
    for (const auto& [name, number] : {std::pair{"constructor_crashes", "CPPCGI0122"},
                                       {"constructor_exits", "CPPCGI0121"}}) {
        replace_by_rename(
            read_file(build_dir() / "t/handlers" / (std::string(name) + ".so")));
        EXPECT_TRUE(poll_until([&] {
            EXPECT_EQ(answer(), "one");
            return server.log().count(std::string("CPPCGI0533.*") + number) > 0;
        })) << name;
    }
    for (const pid_t child : children) EXPECT_EQ(kill(child, 0), 0) << "a child ended";
    replace_by_rename(bytes_of("two"));
    EXPECT_TRUE(serves("two"));
}

// Piece by piece over the old bytes, with pauses: half of each is never served.
TEST_P(Reload, SlowWriterInPlaceIsWaitedFor) {
    const std::string bytes = bytes_of("two");
    fs::permissions(file_, static_cast<fs::perms>(0755));
    server.log().allow("CPPCGI0533");
    {
        std::fstream writer(file_, std::ios::binary | std::ios::in | std::ios::out);
        if (!is_told_to_be_written()) GTEST_SKIP() << "before Linux 6.14";
        constexpr std::size_t pieces = 4;
        for (std::size_t i = 0; i < pieces; ++i) {
            const std::size_t from = bytes.size() * i / pieces;
            const std::size_t to = bytes.size() * (i + 1) / pieces;
            writer.write(bytes.data() + from, static_cast<std::streamsize>(to - from));
            writer.flush();
            const auto until =
                std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
            while (std::chrono::steady_clock::now() < until) {
                EXPECT_EQ(answer(), "one");
            }
        }
    }
    fs::resize_file(file_, bytes.size());
    EXPECT_TRUE(serves("two"));
}

TEST_P(Reload, SwapsUnderLoadLoseNoRequest) {
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0}, asked{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            Client own = client();
            while (!done) {
                const Reply reply = own.get("/version");
                ++asked;
                if (reply.status != 200 || (reply.body != "one" && reply.body != "two"))
                    ++wrong;
            }
        });
    for (int i = 0; i < 10; ++i) {
        const std::string version = i % 2 == 0 ? "two" : "one";
        i % 4 < 2 ? write_in_place(bytes_of(version))
                  : replace_by_rename(bytes_of(version));
        EXPECT_TRUE(serves(version)) << "swap " << i;
    }
    done = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0) << "of " << asked;
}

CPPCGI_ON_EVERY_MPM(Reload);

}  // namespace
}  // namespace cppcgi_test
