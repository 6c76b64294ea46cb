// What the statistics cost a request: two looks at the clock, and one begin() and end() in
// shared memory, alone and with 16 threads at one handler.
#include "host/counters.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <chrono>

namespace {

cppcgi::host::Counters& counters() {
    static auto* const made = cppcgi::host::Counters::create(4);
    static const unsigned row = made->row("hello:hello");
    benchmark::DoNotOptimize(row);
    return *made;
}

void count_a_request(benchmark::State& state) {
    using Clock = std::chrono::steady_clock;
    static const unsigned child = counters().begin_child(::getpid());
    for (auto _ : state) {
        const auto start = Clock::now();
        counters().begin(0, child);
        const auto time = Clock::now() - start;
        counters().end(0, child,
                       {.status = 200,
                        .nanoseconds = static_cast<std::uint64_t>(time.count()),
                        .bytes_in = 100,
                        .bytes_out = 200});
    }
}

BENCHMARK(count_a_request)->Threads(1)->Threads(2)->Threads(16);

}  // namespace

BENCHMARK_MAIN();
