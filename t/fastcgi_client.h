// A FastCGI server's end of a connection, for tests of workers: writes the records of a
// request and collects those of the answer. Bounded in time by a receive timeout.
#ifndef CPPCGI_T_FASTCGI_CLIENT_H
#define CPPCGI_T_FASTCGI_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cppcgi_test {

struct FastCgiAnswer {
    std::string out;
    std::string log;
    bool ended = false;   // an END_REQUEST record came
    bool closed = false;  // the connection was closed
};

class FastCgiClient {
public:
    using Variables = std::vector<std::pair<std::string, std::string>>;

    explicit FastCgiClient(std::uint16_t port)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval bound = {20, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address),
                               sizeof address) == 0;
    }
    ~FastCgiClient() { ::close(socket_); }
    FastCgiClient(const FastCgiClient&) = delete;
    FastCgiClient& operator=(const FastCgiClient&) = delete;

    bool connected() const { return connected_; }

    void begin(const Variables& variables, bool keep = true) {
        send(1, std::string("\0\1", 2) + (keep ? '\1' : '\0') + std::string(5, '\0'));
        std::string pairs;
        for (const auto& [name, value] : variables)
            pairs += length(name) + length(value) + name + value;
        send(4, pairs);
        send(4, {});
    }
    void body(std::string_view data) {
        for (; !data.empty();
             data.remove_prefix(std::min<std::size_t>(data.size(), 65535)))
            send(5, data.substr(0, 65535));
    }
    void end_body() { send(5, {}); }
    void abort() { send(2, {}); }

    FastCgiAnswer answer() {
        FastCgiAnswer result;
        while (!result.ended && !result.closed) {
            const std::string head = receive(8);
            if (head.size() < 8) {
                result.closed = true;
                break;
            }
            const std::size_t size = byte(head[4]) << 8 | byte(head[5]);
            const std::string content = receive(size);
            receive(byte(head[6]));
            if (head[1] == 6) result.out += content;
            if (head[1] == 7) result.log += content;
            result.ended = head[1] == 3;
        }
        return result;
    }

    FastCgiAnswer ask(const Variables& variables, std::string_view data = {}) {
        begin(variables);
        body(data);
        end_body();
        return answer();
    }

private:
    static std::size_t byte(char c) { return static_cast<unsigned char>(c); }

    static std::string length(std::string_view text) {
        const auto size = static_cast<std::uint32_t>(text.size());
        if (size < 128) return std::string(1, static_cast<char>(size));
        return {static_cast<char>(0x80 | (size >> 24)), static_cast<char>(size >> 16),
                static_cast<char>(size >> 8), static_cast<char>(size)};
    }

    void send(int type, std::string_view content) {
        std::string record = {1,
                              static_cast<char>(type),
                              0,
                              1,
                              static_cast<char>(content.size() >> 8),
                              static_cast<char>(content.size()),
                              0,
                              0};
        record += content;
        for (std::string_view rest = record; !rest.empty();) {
            const ssize_t sent =
                ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            rest.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    std::string receive(std::size_t size) {
        std::string data(size, '\0');
        for (std::size_t got = 0; got < size;) {
            const ssize_t more = ::recv(socket_, data.data() + got, size - got, 0);
            if (more <= 0) return data.substr(0, got);
            got += static_cast<std::size_t>(more);
        }
        return data;
    }

    int socket_;
    bool connected_ = false;
};

}  // namespace cppcgi_test

#endif
