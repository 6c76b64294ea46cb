#include "gateway/fcgi/worker.h"

#include "gateway/fcgi/listener.h"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace cppcgi::program {

namespace {

// What the signal handler acts on. Only a worker program has it, never a server.
constinit std::atomic<FastCgiServer*> serving{nullptr};
constinit std::atomic<bool> ending{false};

void on_signal(int) {
    ending = true;
    if (FastCgiServer* server = serving) server->stop();
}

void catch_signals() {
    struct sigaction action {};
    action.sa_handler = on_signal;  // no SA_RESTART: the parent's waitpid() returns
    for (const int number : {SIGTERM, SIGINT, SIGUSR1})
        ::sigaction(number, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

template <class Number>
Number parse_number(std::string_view option, std::string_view text, Number least) {
    Number value{};
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least)
        throw std::runtime_error(std::string(option) + " takes a number of " +
                                 std::to_string(least) + " or more, not \"" +
                                 std::string(text) + "\"");
    return value;
}

int serve(int listener, const WorkerOptions& options, HandlerSource& source) {
    const std::vector<ServedHandler> handlers = source.open();
    {
        FastCgiServer server(listener, handlers);
        serving = &server;
        if (ending) server.stop();
        server.run(options.threads, options.max_requests);
        serving = nullptr;
    }
    source.close();
    return 0;
}

// Keeps so many processes running; each is a copy of this one.
class Supervisor {
public:
    Supervisor(int listener, const WorkerOptions& options, HandlerSource& source)
        : listener_(listener), options_(options), source_(source) {}

    int run() {
        while (!ending) {
            while (!ending && children_.size() < options_.processes) start_one();
            wait_for_one();
        }
        for (const pid_t child : children_) ::kill(child, SIGTERM);
        while (!children_.empty()) wait_for_one();
        return 0;
    }

private:
    using Clock = std::chrono::steady_clock;

    void start_one() {
        last_start_ = Clock::now();
        const pid_t parent = ::getpid(), child = ::fork();
        if (child < 0) return pause();
        if (child != 0) {
            children_.insert(child);
            return;
        }
        // Nothing stays behind when the parent is killed.
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (::getppid() != parent) ::_exit(0);
        int status = 1;
        try {
            status = serve(listener_, options_, source_);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
        }
        ::_exit(status);
    }

    void wait_for_one() {
        int status = 0;
        const pid_t child = ::waitpid(-1, &status, 0);
        if (child <= 0) return;
        children_.erase(child);
        const bool failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        if (failed && !ending) {
            std::fprintf(stderr,
                         "CPPCGI0222: a worker process ended by %s %d and is started "
                         "anew; look for what it wrote before\n",
                         WIFSIGNALED(status) ? "signal" : "exit code",
                         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
            if (Clock::now() - last_start_ < std::chrono::seconds(1)) pause();
        }
    }

    // One that dies at once is not started a thousand times a second.
    static void pause() {
        if (!ending) std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }

    int listener_;
    const WorkerOptions& options_;
    HandlerSource& source_;
    std::set<pid_t> children_;
    Clock::time_point last_start_;
};

}  // namespace

WorkerOptions parse_worker_options(std::span<const char* const> arguments) {
    WorkerOptions options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string_view option = arguments[i];
        std::string_view value;
        if (const std::size_t equals = option.find('='); equals != option.npos) {
            value = option.substr(equals + 1);
            option = option.substr(0, equals);
        } else if (i + 1 < arguments.size()) {
            value = arguments[++i];
        } else {
            throw std::runtime_error(std::string(option) + " needs a value");
        }
        if (option == "--listen") {
            options.listen = value;
        } else if (option == "--processes") {
            options.processes = parse_number(option, value, 1u);
        } else if (option == "--threads") {
            options.threads = parse_number(option, value, 1u);
        } else if (option == "--max-requests") {
            options.max_requests = parse_number(option, value, std::uint64_t{0});
        } else {
            throw std::runtime_error(
                "a FastCGI worker takes --listen, --processes, --threads and "
                "--max-requests, not " +
                std::string(option));
        }
    }
    return options;
}

int run_worker(const WorkerOptions& options, HandlerSource& source) {
    catch_signals();
    std::optional<Listener> listener;
    if (!options.listen.empty()) {
        listener.emplace(options.listen);
    } else if (const int inherited = inherited_listener(); inherited >= 0) {
        listener.emplace(inherited);
    } else {
        throw std::runtime_error("there is no socket to serve; name one with --listen");
    }
    // One that ends by count needs somebody to start the next, when the socket is ours.
    const bool is_alone =
        options.processes == 1 && (options.max_requests == 0 || options.listen.empty());
    if (is_alone) return serve(listener->descriptor(), options, source);
    return Supervisor(listener->descriptor(), options, source).run();
}

}  // namespace cppcgi::program
