// make bench: server CPU per request of the examples hello, form and post, in-process and
// as classic programs, against the same work in a bare C module. Rounds are interleaved, so
// that whatever else the machine does falls on all alike; ratios are medians of the ratios
// within a round.
//     server_bench [--rounds N] [--no-pin] [--only hello,form] [MPM ...]
#include "t/bench/server/rounds.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

namespace cppcgi_bench {
namespace {

// Server and load on different processors: they do not take each other's time, and the
// server's threads do not move.
void pin_to(int processor, const Options& options) {
    const auto count = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    if (!options.pin || count < 2) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    ::sched_setaffinity(0, sizeof set, &set);
}

void run_mpm(const std::string& mpm, const Options& options) {
    CpuAccount account;
    cppcgi_test::Server server(mpm);
    server.load("cgid");
    // The bare module's URLs are files, or httpd would take a part of them for PATH_INFO
    // and look up what that translates to.
    for (const char* name : {"hello", "form", "post"})
        server.write(std::string("docroot/bare/") + name, "");
    pin_to(0, options);
    account.enter();
    server.start(configuration());
    account.leave();
    pin_to(1, options);
    if (!account.counts_all())
        std::puts(
            "without a control group (root) the scripts of mod_cgid count nothing");
    Rounds rounds(server, account, options);
    rounds.run();
    rounds.report();
    server.stop();
}

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--no-pin") {
            options.pin = false;
        } else if (word == "--rounds" && i + 1 < argc) {
            options.rounds = std::stoi(argv[++i]);
            options.slow_rounds = std::min(options.slow_rounds, options.rounds);
        } else if (word == "--slow-rounds" && i + 1 < argc) {
            options.slow_rounds = std::stoi(argv[++i]);
        } else if (word == "--only" && i + 1 < argc) {
            options.only = argv[++i];
        } else if (word.starts_with("--")) {
            throw std::invalid_argument("unknown option " + word);
        } else {
            options.mpms.push_back(word);
        }
    }
    if (options.mpms.empty()) options.mpms = {"event", "prefork"};
    return options;
}

}  // namespace
}  // namespace cppcgi_bench

int main(int argc, char** argv) {
    try {
        const cppcgi_bench::Options options = cppcgi_bench::parse(argc, argv);
        for (const std::string& mpm : options.mpms) cppcgi_bench::run_mpm(mpm, options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "server_bench: %s\n", error.what());
        return 1;
    }
}
