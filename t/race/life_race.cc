// Many threads at once in what a server child shares: versions of a library that are
// swapped, started, called and closed; calls that become slow; counters; alternate stacks.
// Linked with the module's own objects and no httpd, to be run under the thread sanitizer:
// life_race BUILD, where BUILD has the handlers.
#include "host/card.h"
#include "host/counters.h"
#include "host/private_copy.h"
#include "module/code_map.h"
#include "module/crash.h"
#include "module/error_report.h"
#include "module/generation.h"
#include "module/library_reload.h"
#include "module/slow_call.h"
#include "module/statistics.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace host = cppcgi::host;
namespace mod = cppcgi::module;

namespace {

constexpr int thread_count = 8;
constexpr int swap_count = 6;

std::atomic<int> log_lines{0};

}  // namespace

// What the objects ask of httpd and of the rest of the module.
extern "C" {
module cppcgi_module = {};
void ap_log_error_(const char*, int, int, int, apr_status_t, const server_rec*,
                   const char*, ...) {
    ++log_lines;
}
apr_status_t apr_os_file_get(int* descriptor, apr_file_t*) {
    *descriptor = 2;
    return APR_SUCCESS;
}
}

namespace cppcgi::module {
void count_library(const server_rec*, const Library&, const host::FileKey&) noexcept {}
void CountedCall::count_crash(const char*) const noexcept {}
std::string thrown_at(server_rec*, const cppcgi_outcome&) { return {}; }
}  // namespace cppcgi::module

namespace {

using mod::LibraryVersion;

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "life_race: %s\n", what.c_str());
    std::_Exit(1);
}

void in_threads(const std::function<void(int)>& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < thread_count; ++i) threads.emplace_back(work, i);
    for (std::thread& thread : threads) thread.join();
}

// The page of a call; the handlers here ask the host for nothing else.
struct PageGateway : cppcgi_gateway {
    PageGateway() : cppcgi_gateway{} {
        size = sizeof(cppcgi_gateway);
        abi = CPPCGI_ABI;
        head = [](void*, const cppcgi_head*) { return 0; };
        cppcgi_gateway::write = [](void* page, cppcgi_text text, unsigned) {
            static_cast<std::string*>(page)->append(text.data, text.size);
            return 0;
        };
    }
};

// One library of a server child, as registry_child.cc opens it.
class Child {
public:
    explicit Child(const std::filesystem::path& build) : build_(build) {
        directory_ = std::filesystem::temp_directory_path() /
                     ("cppcgi-race-" + std::to_string(::getpid()));
        std::filesystem::create_directory(directory_);
        file_ = directory_ / "version.so";
        replace("one");
        open_runtime();
        open_library();
    }
    ~Child() { std::filesystem::remove_all(directory_); }

    void replace(const std::string& version) {
        const auto next = directory_ / "next.so";
        std::filesystem::copy_file(
            build_ / "t/handlers" / ("version_" + version + ".so"), next,
            std::filesystem::copy_options::overwrite_existing);
        std::filesystem::rename(next, file_);
    }

    std::string call() {
        static const PageGateway gateway;
        const auto version = reload_->current();
        const LibraryVersion::Entry* entry = version->find("version");
        if (!entry) fail("no entry");
        if (version->life() && !version->life()->start()) fail("not started");
        std::string page;
        cppcgi_outcome outcome;
        outcome.size = sizeof outcome;
        const mod::CrashScope scope(&server_, "handler", "version");
        entry->function(&gateway, &page, &outcome);
        return page;
    }

private:
    void open_runtime() {
        const std::string path = build_ / "lib/libcppcgi.so.1";
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (opener_.loader.open(fd, path).fault) fail("no libcppcgi");
    }
    void open_library() {
        const std::string path = file_;
        path_ = path;
        host::CopyResult made = host::make_private_copy(path);
        if (made.fault) fail(made.fault.text);
        library_.path = path_.c_str();
        library_.key = made.copy.key;
        const auto cards = host::read_cards(made.copy.fd, path).cards;
        library_.version = new LibraryVersion(&server_, opener_, library_.path,
                                              made.copy.fd, false, cards);
        if (library_.version->fault()) fail(library_.version->fault().text);
        reload_ = new mod::LibraryReload(&server_, opener_, library_, generation_);
    }

    std::filesystem::path build_, directory_, file_;
    std::string path_;
    server_rec server_{};
    mod::LibraryOpener opener_;
    mod::Generation generation_{};
    mod::Library library_{};
    mod::LibraryReload* reload_ = nullptr;  // lasts as long as the process
};

void swap_under_calls(const std::filesystem::path& build) {
    Child child(build);
    std::atomic<bool> done{false};
    std::atomic<int> calls{0};
    std::thread swapper([&] {
        for (int i = 0; i < swap_count; ++i) {
            const std::string version = i % 2 == 0 ? "two" : "one";
            child.replace(version);
            const auto end =
                std::chrono::steady_clock::now() + std::chrono::seconds(20);
            while (child.call() != version) {
                if (std::chrono::steady_clock::now() > end)
                    fail("no swap to " + version);
                ::poll(nullptr, 0, 5);
            }
        }
        done = true;
    });
    in_threads([&](int) {
        for (; !done; ++calls) {
            const std::string page = child.call();
            if (page != "one" && page != "two") fail("a torn page: " + page);
        }
    });
    swapper.join();
    std::printf("%d calls over %d swaps\n", calls.load(), swap_count);
}

std::atomic<int> slow_calls{0};

void slow_calls_of_many_threads() {
    mod::install_crash_report_child();
    mod::count_slow_calls_child([](const mod::Handler&) noexcept { ++slow_calls; });
    server_rec server{};
    mod::Handler handler{};
    handler.label = "race:slow";
    const int lines_before = log_lines;
    in_threads([&](int) {
        request_rec request{};
        request.server = &server;
        char line[] = "GET /slow HTTP/1.1";
        request.the_request = line;
        for (int i = 0; i < 200; ++i) {
            const mod::CrashScope scope(&server, "handler", handler.label);
            const mod::SlowCall slow(&request, handler, i == 50 ? 20'000 : 10'000'000);
            if (i != 50) continue;
            const auto end =
                std::chrono::steady_clock::now() + std::chrono::seconds(20);
            const int before = slow_calls;
            while (slow_calls == before && std::chrono::steady_clock::now() < end)
                ::poll(nullptr, 0, 5);
        }
    });
    mod::stop_slow_calls_child();
    if (slow_calls < 1 || log_lines - lines_before < slow_calls)
        fail("no slow call told");
    std::printf("%d slow calls told\n", slow_calls.load());
}

void count_in_many_threads() {
    host::Counters* counters = host::Counters::create(4);
    if (!counters) fail("no counters");
    const unsigned row = counters->row("race");
    const unsigned child = counters->begin_child(::getpid());
    std::atomic<bool> done{false};
    std::thread reader([&] {
        while (!done) {
            if (counters->totals(row).requests > 8000) fail("more than were counted");
        }
    });
    in_threads([&](int) {
        for (int i = 0; i < 1000; ++i) {
            counters->begin(row, child);
            counters->end(row, child, {.nanoseconds = 1000, .bytes_out = 10});
        }
    });
    done = true;
    reader.join();
    if (counters->totals(row).requests != 1000 * thread_count)
        fail("a call is not counted");
}

long mapped_kilobytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (long size = 0; word == "VmSize:" && status >> size) return size;
    return 0;
}

// Workers of HTTP/2 come and go: what a thread's first call makes goes with the thread.
void stacks_go_with_their_threads() {
    server_rec server{};
    const auto round = [&] {
        in_threads([&](int) { const mod::CrashScope scope(&server, "handler", "x"); });
    };
    for (int i = 0; i < 5; ++i) round();
    const long before = mapped_kilobytes();
    constexpr int rounds = 50;
    for (int i = 0; i < rounds; ++i) round();
    const long more = mapped_kilobytes() - before;
    std::printf("%ld KB more after %d threads\n", more, rounds * thread_count);
    if (more > rounds * thread_count * 128 / 2) fail("alternate stacks stay");
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) fail("life_race BUILD");
    mod::install_crash_report_child();
    swap_under_calls(arguments[1]);
    slow_calls_of_many_threads();
    count_in_many_threads();
    stacks_go_with_their_threads();
    std::puts("[  PASSED  ] life_race");
}
