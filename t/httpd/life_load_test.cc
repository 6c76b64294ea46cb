// New code under constant load: graceful restarts and swaps of a library that changes, and no
// answer is lost, or made of two versions. CPPCGI_TEST_SWAPS=300 for the long form.
#include <gtest/gtest.h>

#include "t/httpd/server.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int connections = 16;

int swaps() {
    const char* chosen = std::getenv("CPPCGI_TEST_SWAPS");
    return chosen ? std::atoi(chosen) : 5;
}

// Two seconds are promised; the short form runs on machines that do much else.
const auto allowed = std::chrono::seconds(swaps() > 5 ? 2 : 20);

class LifeUnderLoad : public HttpdTest {
protected:
    void start(const std::string& reload) {
        install('1', false);
        // Under worker a kept connection keeps a thread; prefork makes few processes a
        // second.
        const std::string threads =
            server.threaded()
                ? "ThreadsPerChild 40\nMaxRequestWorkers 320\n"
                  "MaxSpareThreads 320\n"
                : "StartServers 32\nMaxSpareServers 64\nMaxRequestWorkers 128\n";
        server.start(reload + "ServerLimit 128\n" + threads +
                     "AcceptFilter http none\nMaxKeepAliveRequests 50\n"
                     "CppCGILibrary ${ROOT}/versioned.so\n"
                     "<Location /v>\n CppCGIHandler versioned\n</Location>\n");
        server.log().allow("AH00484|AH00485|AH00161|AH00288");  // it is busy
    }
    static std::string bytes(char number) {
        std::string bytes = read_file(build_dir() / "t/handlers/versioned.so");
        // Both copies of the number.
        for (const std::string text : {"build number ", "number of the end "})
            bytes[bytes.find(text) + text.size()] = number;
        return bytes;
    }
    void install(char number, bool in_place) {
        {
            const std::lock_guard lock(mutex_);
            superseded_.erase(number);  // numbers come again
        }
        const fs::path file = server.root() / "versioned.so";
        if (in_place) {
            std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes(number);
        } else {
            server.write("versioned.next", bytes(number));
            fs::rename(server.root() / "versioned.next", file);
        }
    }

    void begin_load() {
        for (int i = 0; i < connections; ++i)
            askers_.emplace_back([this, i] { ask(i); });
    }
    void end_load() {
        done_ = true;
        for (std::thread& asker : askers_) asker.join();
        EXPECT_EQ(late_, 0) << "answers of old versions";
        EXPECT_EQ(failed_, 0) << "of " << asked_ << "; first: " << first_failure_;
        std::printf("%d requests, %d failed; slowest change %lld ms\n", asked_.load(),
                    failed_.load(), slowest());
    }

    // From now on this is the version to come; others may answer a while longer.
    void supersede(char number) {
        const std::lock_guard lock(mutex_);
        if (current_) superseded_[current_] = Clock::now();
        current_ = number;
        streak_ = 0;
    }

    // Waits until the version has answered everywhere: so many times in a row.
    void expect_everywhere(char number) {
        const auto before = Clock::now();
        EXPECT_TRUE(poll_until([&] { return streak_ > 4 * connections; }, allowed))
            << "version " << number << " is not everywhere";
        slowest_ = std::max(slowest_, Clock::now() - before);
    }
    long long slowest() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(slowest_).count();
    }

private:
    void ask(int i) {
        Client own = client();
        for (int turn = i; !done_; ++turn) {
            const auto started = Clock::now();
            // A kept connection may be closed while a body is on its way: no fault of the
            // server's, and curl does not begin again.
            const Reply reply = turn % 4 == 0   ? own.post("/v", "a=b&c=d")
                                : turn % 8 == 1 ? client().upload("/v", {upload_})
                                                : own.get("/v");
            judge(reply, started);
        }
    }

    // "build number N, 8 KB of dots, number of the end N".
    void judge(const Reply& reply, Clock::time_point started) {
        const std::string& body = reply.body;
        ++asked_;
        const bool good = reply.code == CURLE_OK && reply.status == 200 &&
                          body.size() > 8192 && body.rfind("build number ", 0) == 0 &&
                          body[13] == body.back();
        const std::lock_guard lock(mutex_);
        if (!good) {
            if (failed_++ == 0)
                first_failure_ = reply.error + " " + std::to_string(reply.status) +
                                 " " + body.substr(0, 200);
            return;
        }
        const auto old = superseded_.find(body[13]);
        if (old != superseded_.end() && started > old->second + allowed) ++late_;
        streak_ = body[13] == current_ ? streak_ + 1 : 0;
    }

    const Part upload_{.name = "f", .data = "x", .filename = "f.bin", .filler = 100000};
    std::vector<std::thread> askers_;
    std::atomic<bool> done_{false};
    std::atomic<int> asked_{0};
    std::atomic<int> failed_{0}, late_{0}, streak_{0};
    Clock::duration slowest_{};
    std::mutex mutex_;
    std::string first_failure_;                     // under mutex_, and so are the next
    std::map<char, Clock::time_point> superseded_;  // versions that should be gone
    char current_ = 0;
};

char number_of(int i) { return static_cast<char>('0' + i % 10); }

TEST_P(LifeUnderLoad, GracefulRestartsLoseNothing) {
    start("");
    begin_load();
    for (int i = 0; i < swaps(); ++i) {
        install(number_of(i), i % 2 == 0);
        ASSERT_TRUE(server.graceful()) << "restart " << i;
        supersede(number_of(i));
        expect_everywhere(number_of(i));
    }
    end_load();
}

TEST_P(LifeUnderLoad, SwapsLoseNothing) {
    start("CppCGIReload auto\n");
    begin_load();
    for (int i = 0; i < swaps(); ++i) {
        install(number_of(i), i % 2 == 0);
        supersede(number_of(i));
        expect_everywhere(number_of(i));
    }
    end_load();
}

CPPCGI_ON_EVERY_MPM(LifeUnderLoad);

}  // namespace
}  // namespace cppcgi_test
