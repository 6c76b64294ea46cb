// cppcgi-worker LIBRARY...: serves the handler libraries that httpd loads as FastCGI
// workers, so that nothing is rebuilt to move a handler out of the server.
#include "gateway/fcgi/worker.h"
#include "tools/handler_libraries.h"

#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>

namespace {

constexpr const char* usage =
    "usage: cppcgi-worker [OPTIONS] LIBRARY...\n"
    "Serves handler libraries, the files that httpd loads, as FastCGI workers.\n\n"
    "  --listen unix:PATH    takes connections there; without it, from the socket "
    "that\n"
    "  --listen HOST:PORT    spawn-fcgi, mod_fcgid or systemd has opened for it\n"
    "  --processes N         so many processes, each started anew when it ends; 1\n"
    "  --threads N           so many requests at once in each; 1\n"
    "  --max-requests N      a process ends after so many requests; 0 is never\n"
    "  --handler NAME        serves this handler at every URL\n\n"
    "With several handlers, a request names one by the variable CPPCGI_HANDLER, else "
    "by\n"
    "the last part of SCRIPT_NAME. SIGTERM ends it when what has begun is finished.\n";

using cppcgi::program::ServedHandler;

class Libraries final : public cppcgi::program::HandlerSource {
public:
    Libraries(const std::vector<std::string>& files, std::string only)
        : only_(std::move(only)) {
        for (const std::string& file : files) libraries_.add(file);
        choose(libraries_.offered());
        libraries_.check();
    }

    std::vector<ServedHandler> open() override { return choose(libraries_.open()); }
    void close() noexcept override { libraries_.close(); }

private:
    std::vector<ServedHandler> choose(
        const std::vector<cppcgi::tools::OpenHandler>& handlers) const {
        std::vector<ServedHandler> served;
        std::string known;
        for (const auto& handler : handlers) {
            const std::string full = handler.library + ":" + handler.name;
            known += (known.empty() ? "" : ", ") + full;
            if (!only_.empty() && only_ != handler.name && only_ != full) continue;
            served.push_back({handler.name, handler.entry, handler.serial, {full}});
            if (handler.is_default)
                served.back().other_names.push_back(handler.library);
        }
        if (served.empty())
            throw std::runtime_error("there is no handler " + only_ + ", only " +
                                     known);
        return served;
    }

    std::string only_;
    cppcgi::tools::HandlerLibraries libraries_;
};

struct CommandLine {
    std::vector<std::string> libraries;
    std::string handler;
    std::vector<const char*> options;  // for the worker
};

// An option takes the word behind it unless it holds "=".
CommandLine read_command_line(int argc, char** argv) {
    CommandLine line;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (!word.starts_with("--")) {
            line.libraries.emplace_back(word);
        } else if (word.starts_with("--handler=")) {
            line.handler = word.substr(word.find('=') + 1);
        } else if (word == "--handler") {
            if (++i == argc) throw std::runtime_error("--handler needs a value");
            line.handler = argv[i];
        } else {
            line.options.push_back(argv[i]);
            if (word.find('=') == word.npos && i + 1 < argc)
                line.options.push_back(argv[++i]);
        }
    }
    if (line.libraries.empty())
        throw std::runtime_error(
            "name the handler libraries to serve, such as /srv/handlers/hello.so");
    return line;
}

}  // namespace

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i)
        if (std::strcmp(argv[i], "--help") == 0) return std::fputs(usage, stdout), 0;
    try {
        const CommandLine line = read_command_line(argc, argv);
        const auto options = cppcgi::program::parse_worker_options(line.options);
        Libraries libraries(line.libraries, line.handler);
        return cppcgi::program::run_worker(options, libraries);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cppcgi-worker: %s\n", error.what());
        return 2;
    }
}
