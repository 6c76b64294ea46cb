// One round of load on a URL by wrk: 16 connections that are kept, one thread.
#ifndef CPPCGI_T_BENCH_SERVER_LOAD_H
#define CPPCGI_T_BENCH_SERVER_LOAD_H

#include <filesystem>
#include <string>

namespace cppcgi_bench {

struct Load {
    double requests = 0;
    double per_second = 0;
    std::string p50, p99;
};

// `body` is posted as an urlencoded form, or empty for a GET. Throws std::runtime_error
// with wrk's words when anything but 200 came back. `folder` takes wrk's script.
Load run_load(const std::string& url, const std::string& body, double seconds,
              const std::filesystem::path& folder);

}  // namespace cppcgi_bench

#endif
