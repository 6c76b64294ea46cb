// Calls that take their time: waiting, computing, and behind each other.
#include <cppcgi.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>

#include <poll.h>

namespace {

// Until the file is there, or half a minute has passed.
template <class Between>
[[gnu::noinline]] void until_there(const std::string& file, Between between) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!std::filesystem::exists(file) && std::chrono::steady_clock::now() < end)
        between();
}

std::string file_of(const cppcgi::Request& req) {
    return std::string(req.param("until").value_or("/"));
}

}  // namespace

[[gnu::noinline]] void slow_wait_here(const std::string& file) {
    until_there(file, [] { ::poll(nullptr, 0, 10); });
}

[[gnu::noinline]] void slow_compute_here(const std::string& file) {
    until_there(file, [] {
        for (int i = 0; i < 1'000'000; ++i)
            std::atomic_signal_fence(std::memory_order_seq_cst);
    });
}

CPPCGI_HANDLER(waits, req, res) {
    slow_wait_here(file_of(req));
    res << "done";
}

CPPCGI_HANDLER(computes, req, res) {
    slow_compute_here(file_of(req));
    res << "done";
}

CPPCGI_HANDLER_SERIAL(serial, req, res) {
    slow_wait_here(file_of(req));
    res << "done";
}

CPPCGI_HANDLER(quick, req, res) { res << "quick"; }
