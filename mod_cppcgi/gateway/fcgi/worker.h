// A FastCGI worker as a process, or several under one that starts them anew: what
// CPPCGI_MAIN programs become when libcppcgi-fcgi is linked in, and cppcgi-worker is.
//
//     PROGRAM [--listen unix:PATH|HOST:PORT] [--processes N] [--threads N]
//             [--max-requests N]
//
// Without --listen the socket is inherited. SIGTERM, SIGINT and SIGUSR1 end it when what
// has begun is finished.
#ifndef CPPCGI_GATEWAY_FCGI_WORKER_H
#define CPPCGI_GATEWAY_FCGI_WORKER_H

#include "gateway/fcgi/fastcgi_server.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cppcgi::program {

struct WorkerOptions {
    std::string listen;  // empty: inherited
    unsigned processes = 1;
    unsigned threads = 1;
    std::uint64_t max_requests = 0;  // a process ends behind so many; 0: never
};

// Throws std::runtime_error with a sentence for what is no option of a worker.
WorkerOptions parse_worker_options(std::span<const char* const> arguments);

// Serves until a signal ends it. Returns the exit status.

int run_worker(const WorkerOptions& options,
               const std::vector<ServedHandler>& handlers);

}  // namespace cppcgi::program

#endif
