// C1 of BASELINES: a Cookie header of 1 KB with 25 cookies, beside memcpy of the same.
#include <cppcgi/cookies.h>

#include <benchmark/benchmark.h>

#include <cstring>
#include <random>
#include <string>

namespace {

// As browsers send it: names of 4 to 13 characters, values of 15 to 44.
std::string cookie_header() {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789.-_%|:";
    std::mt19937 random(1);
    const auto word = [&](std::size_t length, std::size_t alphabet) {
        std::string text(length, ' ');
        for (char& c : text) c = letters[random() % alphabet];
        return text;
    };
    std::string header;
    for (int cookie = 0; cookie < 25; ++cookie) {
        if (cookie != 0) header += "; ";
        header += word(4 + random() % 10, 26) + "=";
        header += word(15 + random() % 30, letters.size());
    }
    return header;
}

void C1_cookies(benchmark::State& state) {
    const std::string header = cookie_header();
    std::size_t count = 0;
    for (auto _ : state) {
        const cppcgi::Cookies cookies(header);
        benchmark::DoNotOptimize(cookies.begin());
        benchmark::ClobberMemory();
        count = cookies.size();
    }
    state.SetLabel(std::to_string(header.size()) + " bytes, " + std::to_string(count) +
                   " cookies");
}
BENCHMARK(C1_cookies);

void C1_memcpy(benchmark::State& state) {
    const std::string header = cookie_header();
    std::string copy(header.size(), ' ');
    for (auto _ : state) {
        std::memcpy(copy.data(), header.data(), header.size());
        benchmark::DoNotOptimize(copy.data());
        benchmark::ClobberMemory();
    }
}
BENCHMARK(C1_memcpy);

}  // namespace

BENCHMARK_MAIN();
