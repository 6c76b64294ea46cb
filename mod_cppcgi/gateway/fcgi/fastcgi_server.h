// Serves FastCGI connections: threads wait together for what is readable, a new connection
// or the next request on a kept one, so that connections a server keeps open hold no
// thread. State of a request is made anew for each.
#ifndef CPPCGI_GATEWAY_FCGI_FASTCGI_SERVER_H
#define CPPCGI_GATEWAY_FCGI_FASTCGI_SERVER_H

#include <cppcgi/abi.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace cppcgi::program {

class Environment;

struct ServedHandler {
    std::string name;
    cppcgi_entry entry;
    std::mutex* serial = nullptr;  // held during its calls
    // What a request may call it besides: "library:handler".
    std::vector<std::string> other_names = {};
};

class FastCgiServer {
public:
    // The listening socket is made non-blocking: several threads and processes wait for it,
    // and only one of them gets the connection.
    FastCgiServer(int listener, const std::vector<ServedHandler>& handlers);
    ~FastCgiServer();
    FastCgiServer(const FastCgiServer&) = delete;
    FastCgiServer& operator=(const FastCgiServer&) = delete;

    // Serves with so many threads until stop(), or until about `max_requests` have been
    // served when that is not 0. What has begun is finished, on kept connections also what
    // has arrived.
    void run(unsigned threads, std::uint64_t max_requests);

    // Async-signal-safe.
    void stop() noexcept;

private:
    struct Connection;

    void work();
    bool serve_what_has_arrived();
    void accept_connection();
    void serve(Connection* connection, bool is_new);
    bool serve_request(Connection& connection);
    const ServedHandler* choose(const Environment& environment) const;
    void watch(Connection* connection, bool is_new);
    void close(Connection* connection);

    int listener_;
    int poller_;
    int stop_;
    const std::vector<ServedHandler>& handlers_;
    std::uint64_t max_requests_ = 0;
    std::atomic<std::uint64_t> served_{0};
    std::mutex connections_lock_;
    std::set<Connection*> connections_;
};

}  // namespace cppcgi::program

#endif
