// Rounds of load on one server: the same examples through every gateway, interleaved.
#ifndef CPPCGI_T_BENCH_SERVER_ROUNDS_H
#define CPPCGI_T_BENCH_SERVER_ROUNDS_H

#include "t/bench/server/cpu_account.h"
#include "t/httpd/server.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cppcgi_bench {

struct Example;
struct Gateway;

struct Options {
    // Of the quick ones; classic programs take part in the first few.
    int rounds = 9;
    int slow_rounds = 3;
    bool pin = true;
    std::string only = "hello,form,post,files";
    std::vector<std::string> mpms;
};

// For the server that rounds run on.
std::string configuration();

class Rounds {
public:
    Rounds(cppcgi_test::Server& server, const CpuAccount& account,
           const Options& options)
        : server_(server), account_(account), options_(options) {}

    // Throws std::runtime_error when an answer is wrong.
    void run();
    void report() const;

private:
    struct Samples {
        std::vector<double> cpu, ratio, per_second;
        std::string p50, p99;
    };

    bool is_wanted(const Example& example) const;
    void run_round(const Example& example, int round);
    double measure(const Gateway& gateway, const Example& example);
    static void report_line(const Example& example, const Gateway& gateway,
                            const Samples& samples);

    cppcgi_test::Server& server_;
    const CpuAccount& account_;
    const Options& options_;
    std::map<std::pair<std::string, std::string>, Samples> samples_;
};

}  // namespace cppcgi_bench

#endif
