#include "t/bench/server/load.h"

#include "t/process.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace cppcgi_bench {

namespace {

// The word behind `label` in wrk's report.
std::string word_behind(const std::string& report, const std::string& label) {
    std::size_t at = report.find(label);
    if (at == std::string::npos) return {};
    at = report.find_first_not_of(' ', at + label.size());
    return report.substr(at, report.find_first_of(" \n", at) - at);
}

// "  12345 requests in 1.00s, 3.21MB read"
double requests_in(const std::string& report) {
    const std::size_t end = report.find(" requests in ");
    if (end == std::string::npos) return 0;
    const std::size_t line = report.rfind('\n', end) + 1;
    return std::strtod(report.c_str() + line, nullptr);
}

}  // namespace

Load run_load(const std::string& url, const std::string& body, double seconds,
              const std::filesystem::path& folder) {
    // wrk knows whole seconds only, and so does its --timeout.
    const std::string duration = std::to_string(static_cast<int>(seconds)) + "s";
    std::vector<std::string> command = {"wrk", "-t1", "-c16", "-d" + duration,
                                        "--latency"};
    if (!body.empty()) {
        const std::filesystem::path script = folder / "post.lua";
        std::ofstream(script)
            << "wrk.method = 'POST'\nwrk.body = '" << body
            << "'\nwrk.headers['Content-Type'] = 'application/x-www-form-urlencoded'\n";
        command.insert(command.end(), {"-s", script});
    }
    command.push_back(url);
    const cppcgi_test::Exit exit = cppcgi_test::run(command);
    const Load load = {
        requests_in(exit.output),
        std::strtod(word_behind(exit.output, "Requests/sec:").c_str(), nullptr),
        word_behind(exit.output, "50%"), word_behind(exit.output, "99%")};
    const bool refused = exit.output.find("Non-2xx") != std::string::npos ||
                         exit.output.find("Socket errors") != std::string::npos;
    if (exit.status != 0 || refused || load.requests < 1)
        throw std::runtime_error("wrk on " + url + ":\n" + exit.output);
    return load;
}

}  // namespace cppcgi_bench
