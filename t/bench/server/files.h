// A file of 1 GB as a handler sends it against httpd's own, on one server: its CPU for each,
// with mmap and with sendfile.
#ifndef CPPCGI_T_BENCH_SERVER_FILES_H
#define CPPCGI_T_BENCH_SERVER_FILES_H

#include "t/bench/server/cpu_account.h"
#include "t/httpd/server.h"

namespace cppcgi_bench {

// Before the start: makes the file, and says what to add to the configuration.
std::string prepare_files(cppcgi_test::Server& server);

// Prints a line for each way. Throws std::runtime_error when an answer is too short.
void measure_files(cppcgi_test::Server& server, const CpuAccount& account, int rounds);

}  // namespace cppcgi_bench

#endif
