// The statistics of this server: where its counters are and what of a request goes into
// them. The counters are made by the parent and survive restarts in the process pool; the
// record is the same for all virtual hosts. Notes for LogFormat are left on the way:
// %{cppcgi-handler}n, %{cppcgi-usec}n, %{cppcgi-message}n.
#ifndef CPPCGI_MODULE_STATISTICS_H
#define CPPCGI_MODULE_STATISTICS_H

#include "host/counters.h"
#include "host/private_copy.h"

#include <httpd.h>
#include <cstdint>

struct ap_errorlog_info;

namespace cppcgi::module {

struct Library;

struct Statistics {
    host::Counters* counters;
    unsigned scripts;    // the row of classic scripts
    unsigned child;      // the place of this server child
    std::int64_t since;  // when the counters were made, microseconds since 1970
};

// Null when there was no memory for counters.
const Statistics* statistics_of(const server_rec* server) noexcept;

// post_config: finds or makes the counters, and the row of each handler.
void open_statistics_parent(apr_pool_t* configuration, server_rec* server);

// child_init; and, in the parent, when a child has ended.
void begin_statistics_child(server_rec* server) noexcept;
void end_statistics_of(const server_rec* server, pid_t child) noexcept;

// The library's file is in use in this state, in the parent or in a child.
void count_library(const server_rec* server, const Library& library,
                   const host::FileKey& key) noexcept;

// error_log: remembers with the request which message explains its failure.
void note_message(const ap_errorlog_info& line, const char* text) noexcept;

// What a request took and gave.
struct Traffic {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    bool is_spooled = false;
};

// One call of a handler or script, counted from here to its end.
class CountedCall {
public:
    // `name` is what %{cppcgi-handler}n says.
    CountedCall(request_rec* r, unsigned row, const char* name) noexcept;
    ~CountedCall();
    CountedCall(const CountedCall&) = delete;
    CountedCall& operator=(const CountedCall&) = delete;

    Traffic traffic;

    // What the content handler returns; without it the call counts as 500.
    int conclude(int result) noexcept;

    // Async-signal-safe. `message` is the number of its report.
    void count_crash(const char* message) const noexcept;

private:
    void add_failure(const char* message, int status) const noexcept;

    request_rec* r_;
    const Statistics* statistics_;
    unsigned row_;
    int status_ = HTTP_INTERNAL_SERVER_ERROR;
    std::uint64_t start_;  // nanoseconds
};

}  // namespace cppcgi::module

#endif
