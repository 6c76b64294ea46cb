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

// Where a serving process gets its handlers from: in each of them, since what they start
// there (threads, connections) would not live through a fork.
class HandlerSource {
public:
    virtual ~HandlerSource() = default;
    // Throws std::runtime_error with a sentence.
    virtual std::vector<ServedHandler> open() = 0;
    // Behind the last call.
    virtual void close() noexcept {}
};

// Serves until a signal ends it. Returns the exit status.
int run_worker(const WorkerOptions& options, HandlerSource& source);

}  // namespace cppcgi::program

#endif
