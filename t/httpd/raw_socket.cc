#include "t/httpd/raw_socket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>

namespace cppcgi_test {

RawSocket::RawSocket(std::uint16_t port)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
        const int error = errno;
        drop();
        throw std::system_error(error, std::generic_category(), "connect");
    }
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool RawSocket::send(std::string_view bytes) {
    while (!bytes.empty()) {
        pollfd ready = {fd_, POLLOUT, 0};
        if (poll(&ready, 1, 10000) <= 0) return false;
        const ssize_t sent =
            ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) continue;
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool RawSocket::send_slowly(std::string_view bytes, std::size_t piece,
                            Milliseconds pause) {
    while (!bytes.empty()) {
        if (!send(bytes.substr(0, piece))) return false;
        bytes.remove_prefix(std::min(piece, bytes.size()));
        if (!bytes.empty()) std::this_thread::sleep_for(pause);
    }
    return true;
}

void RawSocket::half_close() { shutdown(fd_, SHUT_WR); }

void RawSocket::reset() {
    const linger at_once = {1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    drop();
}

void RawSocket::drop() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
}

std::string RawSocket::read_some(Milliseconds bound) {
    pollfd ready = {fd_, POLLIN, 0};
    if (end_ != End::open || bound.count() <= 0 ||
        poll(&ready, 1, static_cast<int>(bound.count())) <= 0)
        return {};
    char buffer[65536];
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    if (got <= 0) {
        end_ = got == 0 ? End::closed : End::reset;
        return {};
    }
    return std::string(buffer, static_cast<std::size_t>(got));
}

std::string RawSocket::read_until(std::string_view mark, Milliseconds bound) {
    const Milliseconds until = age() + bound;
    std::string all;
    while (end_ == End::open && (mark.empty() || all.find(mark) == all.npos)) {
        std::string some = read_some(until - age());
        if (some.empty()) break;
        all += some;
        pieces_.push_back({age(), std::move(some)});
    }
    return all;
}

std::string RawSocket::read_all(Milliseconds bound) { return read_until({}, bound); }

RawSocket::Milliseconds RawSocket::age() const {
    return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() -
                                                    born_);
}

}  // namespace cppcgi_test
