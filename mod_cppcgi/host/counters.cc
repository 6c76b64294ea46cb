#include "host/counters.h"

#include <sched.h>
#include <sys/mman.h>

#include <cstring>
#include <new>

namespace cppcgi::host {

namespace {

constexpr std::size_t page = 4096;
constexpr const char* overflow_row = "other";

std::size_t round_up(std::size_t size) noexcept {
    return (size + page - 1) / page * page;
}

unsigned shard() noexcept {
    const int processor = ::sched_getcpu();
    return processor < 0 ? 0 : static_cast<unsigned>(processor) % Counters::shard_count;
}

}  // namespace

// The memory: this object, the rows, the processes of the children, and for each child its
// calls in flight and versions still mapped. It starts as zeros, which is what all of them start from.

std::size_t Counters::size_of(unsigned children) noexcept {
    return page + round_up(most_rows * sizeof(Row)) +
           round_up(children * sizeof(std::atomic<pid_t>)) +
           2 * children * round_up(most_rows * sizeof(Gauge));
}

Counters* Counters::create(unsigned children) noexcept {
    void* memory = ::mmap(nullptr, size_of(children), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? nullptr : ::new (memory) Counters(children);
}

Counters::Row* Counters::row_memory() const noexcept {
    auto* start = reinterpret_cast<char*>(const_cast<Counters*>(this));
    return reinterpret_cast<Row*>(start + page);
}

std::atomic<pid_t>* Counters::processes() const noexcept {
    auto* start = reinterpret_cast<char*>(row_memory());
    return reinterpret_cast<std::atomic<pid_t>*>(start +
                                                 round_up(most_rows * sizeof(Row)));
}

Counters::Gauge* Counters::gauges(unsigned number) const noexcept {
    auto* start = reinterpret_cast<char*>(processes());
    return reinterpret_cast<Gauge*>(start +
                                    round_up(children_ * sizeof(std::atomic<pid_t>)) +
                                    number * round_up(most_rows * sizeof(Gauge)));
}

unsigned Counters::row(std::string_view name) noexcept {
    const unsigned count = rows_.load(std::memory_order_acquire);
    name = name.substr(0, sizeof(Row::name) - 1);
    for (unsigned i = 0; i < count; ++i)
        if (name == row_memory()[i].name) return i;
    if (count == most_rows) return most_rows - 1;
    if (count == most_rows - 1) name = overflow_row;
    std::memcpy(row_memory()[count].name, name.data(), name.size());
    rows_.store(count + 1, std::memory_order_release);
    return count;
}

unsigned Counters::begin_child(pid_t process) noexcept {
    for (unsigned i = 0; i < children_; ++i) {
        pid_t nobody = 0;
        if (processes()[i].compare_exchange_strong(nobody, process)) return i;
    }
    return no_child;
}

void Counters::end_child(pid_t process) noexcept {
    const unsigned count = rows();
    for (unsigned i = 0; i < children_; ++i) {
        if (processes()[i].load() != process) continue;
        for (unsigned row = 0; row < count; ++row) {
            const std::uint32_t lost = flight(i)[row].exchange(0, relaxed);
            if (lost != 0) row_memory()[row].lost.fetch_add(lost, relaxed);
            // They went with the child. Written where there were some only: a page that
            // nothing is counted in takes no room.
            if (still_mapped(i)[row].load(relaxed) != 0) still_mapped(i)[row].store(0);
        }
        processes()[i].store(0);
    }
}

void Counters::end(unsigned row, unsigned child, const FinishedCall& call) noexcept {
    Cell& cell = row_memory()[row].cells[shard()];
    const int group = call.status / 100;
    cell.by_class[group >= 1 && group <= 5 ? static_cast<unsigned>(group) : 0]
        .fetch_add(1, relaxed);
    cell.times.add(call.nanoseconds);
    cell.nanoseconds.fetch_add(call.nanoseconds, relaxed);
    if (call.bytes_in != 0) cell.bytes_in.fetch_add(call.bytes_in, relaxed);
    if (call.bytes_out != 0) cell.bytes_out.fetch_add(call.bytes_out, relaxed);
    if (call.is_spooled) cell.spooled.fetch_add(1, relaxed);
    if (call.is_incomplete) cell.incomplete.fetch_add(1, relaxed);
    if (call.status >= 400 && call.status < 600)
        row_memory()[row].by_error[static_cast<unsigned>(call.status) - 400].fetch_add(
            1, relaxed);
    cancel(row, child);
}

void Counters::count_crash(unsigned row) noexcept {
    row_memory()[row].crashed.fetch_add(1, relaxed);
}

void Counters::count_slow(unsigned row) noexcept {
    row_memory()[row].slow.fetch_add(1, relaxed);
}

void Counters::add_failure(unsigned row, const Failure& failure) noexcept {
    row_memory()[row].failures.add(failure);
}

void Counters::note_library(unsigned row, std::uint64_t state,
                            std::uint64_t now) noexcept {
    Row& memory = row_memory()[row];
    const std::uint64_t before = memory.library_state.exchange(state);
    if (before == state) return;
    memory.loaded_at.store(now, relaxed);
    if (before != 0) memory.reloads.fetch_add(1, relaxed);
}

RowTotals Counters::totals(unsigned row) const {
    const Row& memory = row_memory()[row];
    RowTotals totals;
    totals.name = memory.name;
    for (const Cell& cell : memory.cells) {
        for (std::size_t i = 0; i < totals.by_class.size(); ++i)
            totals.by_class[i] += cell.by_class[i].load(relaxed);
        totals.nanoseconds += cell.nanoseconds.load(relaxed);
        totals.bytes_in += cell.bytes_in.load(relaxed);
        totals.bytes_out += cell.bytes_out.load(relaxed);
        totals.spooled += cell.spooled.load(relaxed);
        totals.incomplete += cell.incomplete.load(relaxed);
        cell.times.add_to(totals.times);
    }
    for (const std::uint64_t count : totals.by_class) totals.requests += count;
    for (std::size_t i = 0; i < totals.by_error.size(); ++i)
        totals.by_error[i] = memory.by_error[i].load(relaxed);
    for (unsigned i = 0; i < children_; ++i) {
        if (processes()[i].load(relaxed) == 0) continue;
        totals.in_flight += flight(i)[row].load(relaxed);
        totals.still_mapped += still_mapped(i)[row].load(relaxed);
    }
    totals.slow = memory.slow.load(relaxed);
    totals.crashed = memory.crashed.load(relaxed);
    totals.lost = memory.lost.load(relaxed);
    totals.reloads = memory.reloads.load(relaxed);
    totals.loaded_at = memory.loaded_at.load(relaxed);
    totals.failures = memory.failures.read();
    return totals;
}

}  // namespace cppcgi::host
