// `cppcgi serve`: builds sources, runs a private httpd with their handlers, and answers its
// questions whether they are current. A question about a source that has changed waits
// for its build, of which there is one however many wait. One thread does it all.
#ifndef CPPCGI_TOOLS_CPPCGI_DEVELOPMENT_SERVER_H
#define CPPCGI_TOOLS_CPPCGI_DEVELOPMENT_SERVER_H

#include "tools/cppcgi/private_httpd.h"
#include "tools/cppcgi/source_build.h"
#include "tools/scratch.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cppcgi::tools {

class DevelopmentServer {
public:
    // A source, a library, or a directory with sources. Throws std::runtime_error with a
    // sentence.
    DevelopmentServer(std::filesystem::path target, unsigned port);
    ~DevelopmentServer();

    // Until SIGINT, SIGTERM or SIGHUP. Returns the exit status.
    int run();

private:
    using Clock = std::chrono::steady_clock;

    // What one of the server's readings of its configuration asks through.
    struct Asker {
        int descriptor;
        std::string unread;
        unsigned generation = 0;
        bool has_generation = false;
        std::string question;  // waits for its answer; empty: none does
    };
    struct Served {
        std::unique_ptr<SourceBuild> build;  // null for a library that comes built
        std::filesystem::path library;
        std::vector<std::string> handlers;  // as registered
        unsigned since_generation = 0;
        Clock::time_point ready{};  // when each child looks at the new library
    };

    void find_sources();
    void start_builds();
    void take_signals();
    void reap();
    void finish(Served& served, bool has_new_library);
    void register_handlers();
    void begin_serving();
    void say_address() const;
    void take_asker();
    bool read_from(Asker& asker);
    void answer_what_can_be();
    // Empty: not yet.
    std::string answer_to(const Asker& asker);
    std::string name_in(const std::string& path) const;
    void write_index();
    void show_log();
    bool is_building() const;

    std::filesystem::path target_;
    bool is_directory_;
    std::uint16_t port_;
    Scratch scratch_;
    Compiler compiler_;
    PrivateHttpd httpd_;
    std::map<std::string, Served> served_;
    std::list<Asker> askers_;
    int signals_ = -1;
    int listener_ = -1;
    int log_ = -1;
    bool is_serving_ = false;
    bool is_ending_ = false;
    int status_ = 0;
};

}  // namespace cppcgi::tools

#endif
