// The head of a usual script, and one with a line of 64 KB, beside memcpy of the same.
#include "core/script_head.h"

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

namespace {

std::string usual_head() {
    return "Content-Type: text/html; charset=utf-8\r\n"
           "Cache-Control: no-store, max-age=0\r\n"
           "Set-Cookie: session=0123456789abcdef0123456789abcdef; HttpOnly; Secure\r\n"
           "Status: 200 OK\r\n"
           "X-Frame-Options: SAMEORIGIN\r\n\r\n";
}

std::string long_head() {
    return "Content-Security-Policy: " + std::string(64 << 10, 'x') + "\r\n\r\n";
}

void parse(benchmark::State& state, const std::string& bytes) {
    for (auto _ : state) {
        cppcgi::ScriptHead head;
        benchmark::DoNotOptimize(head.feed(bytes));
        if (!head.done()) state.SkipWithError("refused");
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size()) *
                            state.iterations());
}

void copy(benchmark::State& state, const std::string& bytes) {
    std::string to(bytes.size(), ' ');
    for (auto _ : state) {
        std::memcpy(to.data(), bytes.data(), bytes.size());
        benchmark::DoNotOptimize(to.data());
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size()) *
                            state.iterations());
}

BENCHMARK_CAPTURE(parse, usual, usual_head());
BENCHMARK_CAPTURE(copy, usual, usual_head());
BENCHMARK_CAPTURE(parse, long_line, long_head());
BENCHMARK_CAPTURE(copy, long_line, long_head());

}  // namespace

BENCHMARK_MAIN();
