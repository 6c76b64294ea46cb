// A handler that fails a thousand times a second does not fill memory or the directory of its
// reports, and other requests go on. CPPCGI_TEST_ERROR_SECONDS=30 for the long form.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

seconds phase() {
    const char* chosen = std::getenv("CPPCGI_TEST_ERROR_SECONDS");
    return seconds(chosen ? std::atoi(chosen) : 1);
}

constexpr int failing_threads = 8, other_threads = 4;
constexpr int failures_a_second = 1000;

class ErrorLoad : public HttpdTest {
protected:
    void SetUp() override {
        fs::create_directory(server.root() / "reports");
        fs::permissions(server.root() / "reports", fs::perms::all);
        // A fixed number of children, whose memory can be compared.
        const std::string children =
            server.threaded()
                ? "StartServers 2\nServerLimit 2\nThreadsPerChild 16\n"
                  "ThreadLimit 16\nMaxRequestWorkers 32\n"
                  "MinSpareThreads 1\nMaxSpareThreads 32\n"
                : "StartServers 14\nServerLimit 14\nMaxRequestWorkers 14\n"
                  "MinSpareServers 1\nMaxSpareServers 14\n";
        server.start(children +
                     "MaxKeepAliveRequests 0\nKeepAliveTimeout 60\n"
                     "CppCGILibrary ${TEST_HANDLERS}/cgitb.so\n"
                     "CppCGILibrary ${HANDLERS}/hello.so\n"
                     "<Location /cgitb>\nCppCGIHandler cgitb\n"
                     "CppCGIErrorReport log ${ROOT}/reports\n</Location>\n"
                     "<Location /hello>\nCppCGIHandler hello\n</Location>\n");
        server.log().allow("CPPCGI020[1345]|AH00161|AH00484");
    }

    // One at a time, at the pace that makes a thousand a second of all threads.
    void fail_until(Clock::time_point end, int thread) {
        constexpr const char* kinds[] = {"standard", "own", "int",
                                         "text",     "at",  "stoi"};
        constexpr auto pace =
            std::chrono::microseconds(1000000) * failing_threads / failures_a_second;
        Client own = client();
        auto next = Clock::now();
        for (int i = thread; Clock::now() < end; ++i) {
            const Reply reply = own.get(std::string("/cgitb/") + kinds[i % 6] +
                                        "?text=" + std::to_string(i));
            EXPECT_EQ(reply.status, 500) << reply.error;
            ++failures_;
            std::this_thread::sleep_until(next += pace);
        }
    }

    // How many other requests a second are answered meanwhile.
    double others(bool with_failures) {
        const auto end = Clock::now() + phase();
        std::vector<std::thread> threads;
        std::atomic<long> answered{0};
        for (int i = 0; i < failing_threads && with_failures; ++i)
            threads.emplace_back([this, end, i] { fail_until(end, i); });
        for (int i = 0; i < other_threads; ++i)
            threads.emplace_back([&, end] {
                Client own = client();
                while (Clock::now() < end) {
                    EXPECT_EQ(own.get("/hello").status, 200);
                    ++answered;
                }
            });
        for (std::thread& thread : threads) thread.join();
        return static_cast<double>(answered) / static_cast<double>(phase().count());
    }

    std::atomic<long> failures_{0};
};

TEST_P(ErrorLoad, FillsNothingAndLeavesOthersTheirTime) {
    others(true);  // every thread has failed once, every place has been looked up
    const double alone = others(false);
    const auto before = static_cast<std::int64_t>(server.memory("VmRSS:"));
    failures_ = 0;
    const double beside = others(true);
    const std::int64_t grown =
        static_cast<std::int64_t>(server.memory("VmRSS:")) - before;
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(server.root() / "reports"))
        files += entry.is_regular_file();
    std::cout << "failures a second: " << failures_ / phase().count()
              << ", others alone: " << alone << ", beside them: " << beside << " ("
              << beside / alone << "), memory grown: " << (grown >> 10)
              << " KB, files: " << files << "\n";
    EXPECT_EQ(files, 6u);
    if (!sanitizer().empty()) return;  // it keeps memory that was freed
    EXPECT_LE(grown, 8 << 20) << "from " << before;
}

CPPCGI_ON_EVERY_MPM(ErrorLoad);

}  // namespace
}  // namespace cppcgi_test
