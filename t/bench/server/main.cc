// make bench: server CPU per request of the examples hello, form and post, in-process and
// as classic programs, against the same work in a bare C module, and of a file of 1 GB
// against httpd's own. Rounds are interleaved, so
// that whatever else the machine does falls on all alike; ratios are medians of the ratios
// within a round.
//     server_bench [--rounds N] [--no-pin] [--only hello,form,files] [MPM ...]
// make bench-upload: a gigabyte to save_file, against a bare C module that drains it.
//     server_bench --upload [--rounds N] [--megabytes N] [MPM ...]
#include "t/bench/server/files.h"
#include "t/bench/server/rounds.h"
#include "t/bench/server/upload.h"

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
    const bool with_files = options.only.find("files") != std::string::npos;
    server.start(configuration() + (with_files ? prepare_files(server) : ""));
    account.leave();
    pin_to(1, options);
    if (!account.counts_all())
        std::puts(
            "without a control group (root) the scripts of mod_cgid count nothing");
    Rounds rounds(server, account, options);
    rounds.run();
    rounds.report();
    if (with_files) measure_files(server, account, options.rounds);
    server.stop();
}

struct Command {
    bool upload = false;
    UploadOptions uploads;
    Options options;
};

Command parse(int argc, char** argv) {
    Command command;
    Options& options = command.options;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--upload") {
            command.upload = true;
        } else if (word == "--megabytes" && i + 1 < argc) {
            command.uploads.size = std::stoull(argv[++i]) << 20;
        } else if (word == "--no-pin") {
            options.pin = false;
        } else if (word == "--rounds" && i + 1 < argc) {
            options.rounds = std::stoi(argv[++i]);
            options.slow_rounds = std::min(options.slow_rounds, options.rounds);
            command.uploads.rounds = options.rounds;
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
    return command;
}

}  // namespace
}  // namespace cppcgi_bench

int main(int argc, char** argv) {
    try {
        const cppcgi_bench::Command command = cppcgi_bench::parse(argc, argv);
        for (const std::string& mpm : command.options.mpms) {
            if (command.upload) {
                cppcgi_bench::run_uploads(mpm, command.uploads);
            } else {
                cppcgi_bench::run_mpm(mpm, command.options);
            }
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "server_bench: %s\n", error.what());
        return 1;
    }
}
