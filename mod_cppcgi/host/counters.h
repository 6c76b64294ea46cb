// What is counted of requests, in anonymous memory that the server's children share: made
// by the parent once in the life of a server, so that nothing is lost with a child or a
// restart. One row a handler, found by name; each row has cells by processor, so that
// threads seldom meet in a line of the cache. Any thread of any process may count and read;
// rows are added by the parent alone. No locks.
#ifndef CPPCGI_HOST_COUNTERS_H
#define CPPCGI_HOST_COUNTERS_H

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/failure_ring.h"
#include "host/time_histogram.h"

namespace cppcgi::host {

// A call that has ended.
struct FinishedCall {
    int status = 200;
    std::uint64_t nanoseconds = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    bool is_spooled = false;     // its body went through a file
    bool is_incomplete = false;  // its response broke off
};

// The sums of one row, read while others go on counting: exact when they rest.
struct RowTotals {
    std::string name;
    std::uint64_t requests = 0;                 // that were answered
    std::array<std::uint64_t, 6> by_class{};    // [2]: 200 to 299; [0]: no such status
    std::array<std::uint64_t, 200> by_error{};  // [4]: 404 is at 404 - 400
    std::uint64_t in_flight = 0;
    std::uint64_t nanoseconds = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t spooled = 0;
    std::uint64_t incomplete = 0;
    std::uint64_t slow = 0;
    std::uint64_t crashed = 0;  // times it ended its server child
    std::uint64_t lost = 0;     // in flight when their child ended, for whatever reason
    std::uint64_t reloads = 0;
    std::uint64_t still_mapped = 0;  // old versions that children could not unmap
    std::uint64_t loaded_at = 0;  // when its library was last taken, seconds since 1970
    TimeHistogram::Counts times{};
    std::vector<Failure> failures;  // the last ones, newest first
};

class Counters {
public:
    static constexpr unsigned most_rows = 512;
    static constexpr unsigned shard_count = 8;

    // Memory for this many server children at a time; null when there is none. It is never
    // given back. Pages that nothing is counted in take no room.
    static Counters* create(unsigned children) noexcept;

    // In the parent: the row of that name, a new one when there is none. When all are
    // taken, the row "other".
    unsigned row(std::string_view name) noexcept;
    unsigned rows() const noexcept { return rows_.load(std::memory_order_acquire); }

    // A child's place, by which its calls in flight are known; no_child when there is none
    // left. end_child() frees it and counts what was in flight there as lost.
    static constexpr unsigned no_child = ~0u;
    unsigned begin_child(pid_t process) noexcept;
    void end_child(pid_t process) noexcept;

    void begin(unsigned row, unsigned child) noexcept {
        if (child != no_child) flight(child)[row].fetch_add(1, relaxed);
    }
    void end(unsigned row, unsigned child, const FinishedCall& call) noexcept;
    // Takes back what begin() did: it was no call after all.
    void cancel(unsigned row, unsigned child) noexcept {
        if (child != no_child) flight(child)[row].fetch_sub(1, relaxed);
    }

    // An old version of the row's library stays in that child until it ends.
    void count_still_mapped(unsigned row, unsigned child) noexcept {
        if (child != no_child) still_mapped(child)[row].fetch_add(1, relaxed);
    }

    void count_crash(unsigned row) noexcept;  // async-signal-safe
    void count_slow(unsigned row) noexcept;
    void add_failure(unsigned row, const Failure& failure) noexcept;
    // The library of the row is in use in this state of its file: a new state counts as a
    // reload, once however many children see it.
    void note_library(unsigned row, std::uint64_t state, std::uint64_t now) noexcept;

    RowTotals totals(unsigned row) const;

private:
    using Number = std::atomic<std::uint64_t>;
    static constexpr auto relaxed = std::memory_order_relaxed;
    static_assert(Number::is_always_lock_free, "counters are shared by processes");

    // One a row and shard.
    struct alignas(64) Cell {
        std::array<Number, 6> by_class;
        Number nanoseconds, bytes_in, bytes_out, spooled, incomplete;
        TimeHistogram times;
    };

    struct alignas(64) Row {
        char name[160];
        std::array<Number, 200> by_error;
        Number slow, crashed, lost, reloads, library_state, loaded_at;
        FailureRing failures;
        std::array<Cell, shard_count> cells;
    };

    using Gauge = std::atomic<std::uint32_t>;

    Counters(unsigned children) noexcept : children_(children) {}
    Row* row_memory() const noexcept;
    std::atomic<pid_t>* processes() const noexcept;
    Gauge* gauges(unsigned number) const noexcept;
    Gauge* flight(unsigned child) const noexcept { return gauges(2 * child); }
    Gauge* still_mapped(unsigned child) const noexcept { return gauges(2 * child + 1); }
    static std::size_t size_of(unsigned children) noexcept;

    unsigned children_;
    std::atomic<unsigned> rows_{0};
};

}  // namespace cppcgi::host

#endif
