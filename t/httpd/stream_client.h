// A client on a bare socket that sees each piece of a response when it arrives, over
// HTTP/1.1 with its chunks or over HTTP/2 with its frames, inflated as it comes when it
// was compressed. No library between the socket and the test keeps anything back.
#ifndef CPPCGI_T_HTTPD_STREAM_CLIENT_H
#define CPPCGI_T_HTTPD_STREAM_CLIENT_H

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cppcgi_test {

struct StreamQuestion {
    std::uint16_t port = 0;
    std::string path;
    bool http2 = false;
    bool compressed = false;
    std::chrono::milliseconds bound = std::chrono::seconds(30);
};

enum class StreamEnd { whole, cut, left, too_slow };

struct StreamAnswer {
    StreamEnd end = StreamEnd::cut;
    int status = 0;
    std::string encoding;  // Content-Encoding
};

// Calls `arrived` with each piece; it returns false to leave, by closing the connection.
// Throws std::runtime_error when chunks or compressed data are not well formed.
StreamAnswer stream(const StreamQuestion& question,
                    const std::function<bool(std::string_view)>& arrived);

}  // namespace cppcgi_test

#endif
