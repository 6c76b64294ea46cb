#include "gateway/fcgi/fastcgi_server.h"

#include "gateway/failure.h"
#include "gateway/fcgi/fastcgi_call.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace cppcgi::program {

namespace {

int checked(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

void watch_descriptor(int poller, int descriptor, std::uint32_t events, void* what,
                      int operation = EPOLL_CTL_ADD) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = what;
    checked(::epoll_ctl(poller, operation, descriptor, &event), "epoll_ctl");
}

constexpr std::chrono::milliseconds moment{5};

// The last part of SCRIPT_NAME without its extension.
std::string_view stem_of(std::string_view script_name) {
    script_name.remove_prefix(script_name.rfind('/') + 1);
    return script_name.substr(0, script_name.rfind('.'));
}

}  // namespace

struct FastCgiServer::Connection {
    FCGX_Request request;
};

FastCgiServer::FastCgiServer(int listener, const std::vector<ServedHandler>& handlers)
    : listener_(listener), handlers_(handlers) {
    if (FCGX_Init() != 0) throw std::runtime_error("FCGX_Init failed");
    const int flags = checked(::fcntl(listener, F_GETFL), "fcntl");
    checked(::fcntl(listener, F_SETFL, flags | O_NONBLOCK), "fcntl");
    poller_ = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    stop_ = checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
    watch_descriptor(poller_, listener_, EPOLLIN | EPOLLEXCLUSIVE, &listener_);
    watch_descriptor(poller_, stop_, EPOLLIN, &stop_);
}

FastCgiServer::~FastCgiServer() {
    while (!connections_.empty()) close(*connections_.begin());
    ::close(poller_);
    ::close(stop_);
}

void FastCgiServer::stop() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t told = ::write(stop_, &one, sizeof one);
}

void FastCgiServer::run(unsigned threads, std::uint64_t max_requests) {
    max_requests_ = max_requests;
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back([this] { work(); });
    work();
}

void FastCgiServer::work() {
    for (;;) {
        epoll_event event;
        const int got = ::epoll_wait(poller_, &event, 1, -1);
        if (got <= 0) continue;               // a signal
        if (event.data.ptr == &stop_) break;  // stays readable, for all threads
        if (event.data.ptr == &listener_) {
            accept_connection();
        } else {
            serve(static_cast<Connection*>(event.data.ptr), false);
        }
    }
    while (serve_what_has_arrived()) {
    }
}

// New connections are left to other processes.
bool FastCgiServer::serve_what_has_arrived() {
    epoll_event events[16];
    const int got = ::epoll_wait(poller_, events, std::size(events), 0);
    bool served = false;
    for (int i = 0; i < got; ++i) {
        void* const what = events[i].data.ptr;
        if (what == &stop_ || what == &listener_) continue;
        serve(static_cast<Connection*>(what), false);
        served = true;
    }
    return served;
}

// One is enough: the others wake other threads.
void FastCgiServer::accept_connection() {
    const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) {
        // Until somebody closes one; the listener stays readable.
        if (errno == EMFILE || errno == ENFILE) std::this_thread::sleep_for(moment);
        return;
    }
    const int on = 1;  // fails on a UNIX socket, which has no such delay
    ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto* connection = new Connection;
    // Without a listener it does not go on to another connection when this one ends.
    FCGX_InitRequest(&connection->request, -1, FCGI_FAIL_ACCEPT_ON_INTR);
    // As if a request on it had just ended: FCGX_Accept_r() goes on with this descriptor.
    connection->request.ipcFd = accepted;
    connection->request.keepConnection = 1;
    {
        const std::scoped_lock lock(connections_lock_);
        connections_.insert(connection);
    }
    // The request comes with the connection. Going back for it would let this thread take
    // a second connection first, which another process could serve at once, and which
    // would be lost with this one.
    pollfd arrived = {accepted, POLLIN, 0};
    if (::poll(&arrived, 1, static_cast<int>(moment.count())) == 1)
        return serve(connection, true);
    watch(connection, true);
}

void FastCgiServer::serve(Connection* connection, bool is_new) {
    if (!serve_request(*connection)) return close(connection);
    watch(connection, is_new);
}

// False when the connection is not kept.
bool FastCgiServer::serve_request(Connection& connection) {
    FCGX_Request& request = connection.request;
    if (FCGX_Accept_r(&request) != 0) return false;
    const FastCgiEnvironment environment(request);
    const ServedHandler* handler = choose(Environment(environment.entries()));
    // The call keeps a view of it.
    const std::string_view name = handler ? std::string_view(handler->name) : "(none)";
    FastCgiCall call(name, request, environment);
    bool whole = true;
    if (handler) {
        const auto lock = handler->serial ? std::unique_lock(*handler->serial)
                                          : std::unique_lock<std::mutex>();
        whole = call.run(handler->entry);
    } else {
        log_unknown_handler(call);
        send_error_page(call, 404);
    }
    const bool kept = whole && call.read_rest();
    if (!whole) {
        // Without the record that ends the request the server knows that something is
        // missing.
        FCGX_FFlush(request.out);
        FCGX_Free(&request, 1);
    } else {
        if (!kept) request.keepConnection = 0;
        FCGX_Finish_r(&request);
    }
    if (++served_ == max_requests_) stop();
    return kept && request.ipcFd >= 0;
}

const ServedHandler* FastCgiServer::choose(const Environment& environment) const {
    if (handlers_.size() == 1) return &handlers_.front();
    const std::string_view name =
        environment.variable("CPPCGI_HANDLER")
            .value_or(stem_of(environment.variable("SCRIPT_NAME").value_or("")));
    for (const ServedHandler& handler : handlers_)
        if (handler.name == name ||
            std::find(handler.other_names.begin(), handler.other_names.end(), name) !=
                handler.other_names.end())
            return &handler;
    return nullptr;
}

// Each event is for one thread, which asks for the next when it is done.
void FastCgiServer::watch(Connection* connection, bool is_new) {
    watch_descriptor(poller_, connection->request.ipcFd, EPOLLIN | EPOLLONESHOT,
                     connection, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD);
}

void FastCgiServer::close(Connection* connection) {
    {
        const std::scoped_lock lock(connections_lock_);
        connections_.erase(connection);
    }
    // Not by libfcgi, which would wait for the other side to close first.
    if (connection->request.ipcFd >= 0) ::close(connection->request.ipcFd);
    delete connection;
}

}  // namespace cppcgi::program
