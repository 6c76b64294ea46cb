// One upload of a gigabyte to the example save_file and to a bare C module that drains the
// same body, in turns: throughput, its ratio, and what the server grows by.
#ifndef CPPCGI_T_BENCH_SERVER_UPLOAD_H
#define CPPCGI_T_BENCH_SERVER_UPLOAD_H

#include <cstdint>
#include <string>

namespace cppcgi_bench {

struct UploadOptions {
    int rounds = 7;
    std::uint64_t size = 1u << 30;
};

// Throws std::runtime_error when an answer is wrong or a file is not what was sent.
void run_uploads(const std::string& mpm, const UploadOptions& options);

}  // namespace cppcgi_bench

#endif
