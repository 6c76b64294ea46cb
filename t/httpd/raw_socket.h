// A bare TCP connection to a private httpd: for what no well-behaved client sends.
// Every wait is bounded. Owned by its test.
#ifndef CPPCGI_T_HTTPD_RAW_SOCKET_H
#define CPPCGI_T_HTTPD_RAW_SOCKET_H

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cppcgi_test {

class RawSocket {
public:
    using Milliseconds = std::chrono::milliseconds;

    // What one read gave, and when, counted from the connection.
    struct Piece {
        Milliseconds at;
        std::string bytes;
    };

    enum class End { open, closed, reset };

    // Throws std::system_error when nobody listens there.
    explicit RawSocket(std::uint16_t port);
    ~RawSocket() { drop(); }
    RawSocket(const RawSocket&) = delete;
    RawSocket& operator=(const RawSocket&) = delete;

    // False when the other end has closed or does not read in time.
    bool send(std::string_view bytes);
    // Each piece in a packet of its own, with that pause between them.
    bool send_slowly(std::string_view bytes, std::size_t piece, Milliseconds pause);
    void half_close();  // no more from us; reading goes on
    void reset();       // RST
    void drop();        // closes

    // What one read gives; empty at the end, or when nothing has come within the bound.
    std::string read_some(Milliseconds bound = std::chrono::seconds(10));
    // Reads until `mark` has come, or the end, or the bound; all that came since the
    // last call.
    std::string read_until(std::string_view mark,
                           Milliseconds bound = std::chrono::seconds(10));
    // Reads to the end; ended() tells how it came.
    std::string read_all(Milliseconds bound = std::chrono::seconds(10));

    End ended() const { return end_; }
    const std::vector<Piece>& pieces() const { return pieces_; }
    Milliseconds age() const;

private:
    int fd_ = -1;
    End end_ = End::open;
    std::chrono::steady_clock::time_point born_ = std::chrono::steady_clock::now();
    std::vector<Piece> pieces_;
};

}  // namespace cppcgi_test

#endif
