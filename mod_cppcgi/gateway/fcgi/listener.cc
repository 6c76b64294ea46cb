#include "gateway/fcgi/listener.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace cppcgi::program {

namespace {

constexpr int backlog = 511;  // as httpd's ListenBacklog

bool is_listening(int descriptor) {
    int listening = 0;
    socklen_t size = sizeof listening;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) ==
               0 &&
           listening != 0;
}

[[noreturn]] void fail(const std::string& address, const char* what) {
    throw std::runtime_error("cannot listen on " + address + ": " + what);
}

sockaddr_un unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        fail("unix:" + path, "the path is empty or longer than 107 bytes");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

// A file that a dead worker has left; a live one answers, and keeps it.
void remove_stale(const std::string& path, const sockaddr_un& address) {
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return;
    if (::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0 &&
        errno == ECONNREFUSED)
        ::unlink(path.c_str());
    ::close(probe);
}

}  // namespace

int inherited_listener() {
    // sd_listen_fds(3), without its library.
    const char* process = std::getenv("LISTEN_PID");
    if (process && std::atoi(process) == ::getpid() && is_listening(3)) return 3;
    return is_listening(0) ? 0 : -1;
}

Listener::Listener(const std::string& address) {
    constexpr std::string_view prefix = "unix:";
    if (address.starts_with(prefix)) {
        open_unix(address.substr(prefix.size()));
        return;
    }
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos)
        fail(address, "it is neither unix:PATH nor HOST:PORT");
    std::string host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    open_tcp(host, address.substr(colon + 1));
}

Listener::~Listener() {
    if (owner_ == 0) return;
    ::close(descriptor_);
    if (!path_.empty() && owner_ == ::getpid()) ::unlink(path_.c_str());
}

void Listener::open_unix(const std::string& path) {
    const sockaddr_un address = unix_address(path);
    remove_stale(path, address);
    descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0 ||
        ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address),
               sizeof address) != 0 ||
        ::listen(descriptor_, backlog) != 0)
        fail("unix:" + path, std::strerror(errno));
    path_ = path;
    owner_ = ::getpid();
}

void Listener::open_tcp(const std::string& host, const std::string& port) {
    const std::string address = host + ":" + port;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(),
                                    &hints, &found);
    if (error != 0) fail(address, ::gai_strerror(error));
    descriptor_ =
        ::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, IPPROTO_TCP);
    const int on = 1;
    ::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool bound = descriptor_ >= 0 &&
                       ::bind(descriptor_, found->ai_addr, found->ai_addrlen) == 0 &&
                       ::listen(descriptor_, backlog) == 0;
    const int reason = errno;
    ::freeaddrinfo(found);
    if (!bound) fail(address, std::strerror(reason));
    owner_ = ::getpid();
}

}  // namespace cppcgi::program
