// The httpd of `cppcgi serve`: on 127.0.0.1, with everything it needs in one directory. It
// asks before each request whether the handlers are current (serve_ask.cc), through a
// RewriteMap, since that holds a request back before anything of it is read. Its children
// serve one request at a time (prefork), so that each looks for a new library before the
// call that has to see it.
#ifndef CPPCGI_TOOLS_CPPCGI_PRIVATE_HTTPD_H
#define CPPCGI_TOOLS_CPPCGI_PRIVATE_HTTPD_H

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace cppcgi::tools {

struct ServedUrl {
    std::string url;  // "/hello"
    std::filesystem::path library;
    std::string handler;
    bool operator==(const ServedUrl&) const = default;
};

class PrivateHttpd {
public:
    // `root` has to be there for as long as this lives.
    PrivateHttpd(std::filesystem::path root, std::uint16_t port);
    ~PrivateHttpd();
    PrivateHttpd(const PrivateHttpd&) = delete;
    PrivateHttpd& operator=(const PrivateHttpd&) = delete;

    std::filesystem::path socket() const { return root_ / "ask"; }
    std::filesystem::path error_log() const { return root_ / "error.log"; }

    // Writes the configuration. `front` is the URL that "/" stands for, or empty.
    void configure(const std::vector<ServedUrl>& urls, const std::string& front);
    // How many times that was done; who asks says which one it belongs to.
    unsigned generation() const noexcept { return generation_; }
    // A page at /.cppcgi/NAME, where an answer to a question may send a request.
    void write_page(const std::string& name, int status, std::string_view html);

    // Returns when it answers; throws std::runtime_error with a sentence.
    void start();
    // Graceful: what runs is finished.
    void reload();
    void stop() noexcept;

    pid_t pid() const noexcept { return pid_; }
    // True when the process `pid` was it; it has ended by itself then.
    bool has_ended(pid_t pid) noexcept;

private:
    void open_to_children() const;
    std::string configuration(const std::vector<ServedUrl>& urls,
                              const std::string& front) const;
    std::string modules() const;
    std::string user() const;
    bool answers() const;
    [[noreturn]] void explain();

    std::filesystem::path root_;
    std::uint16_t port_;
    unsigned generation_ = 0;
    pid_t pid_ = -1;
};

// A port of 127.0.0.1 to listen on: `wanted`, or with 0 the first free one from 8000 on.
// Throws std::runtime_error with a sentence when it is taken.
std::uint16_t free_port(unsigned wanted);

}  // namespace cppcgi::tools

#endif
