// An HTTP/2 connection in clear text (prior knowledge) on a bare socket, framed by
// libnghttp2: the test sees every piece when it comes, opens the windows itself if it
// likes, and resets one stream while the connection lives. Owned by its test.
#ifndef CPPCGI_T_HTTPD_HTTP2_CONNECTION_H
#define CPPCGI_T_HTTPD_HTTP2_CONNECTION_H

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "t/httpd/raw_socket.h"

namespace cppcgi_test {

class Http2Connection {
public:
    using Milliseconds = RawSocket::Milliseconds;
    using Fields = std::vector<std::pair<std::string, std::string>>;

    struct Stream {
        int status = 0;
        Fields headers;  // names in lower case, as they are sent
        std::uint64_t size = 0;
        std::function<void(std::string_view)> arrived;  // instead of body
        std::string body;
        bool is_closed = false;
        std::uint32_t error = NGHTTP2_NO_ERROR;  // of the reset that closed it

        std::optional<std::string> header(std::string_view name) const;
    };

    // Who opens the windows again for what has been read: libnghttp2 at once, or the test.
    enum class Windows { open, by_hand };

    explicit Http2Connection(std::uint16_t port, Windows windows = Windows::open);
    ~Http2Connection();
    Http2Connection(const Http2Connection&) = delete;
    Http2Connection& operator=(const Http2Connection&) = delete;

    // Sends a request and returns its stream.
    std::int32_t ask(const std::string& path, const Fields& headers = {},
                     const std::string& method = "GET");
    Stream& stream(std::int32_t id) { return streams_[id]; }

    // Reads and answers frames until `done` says yes; false when the connection ends
    // or the bound is reached first.
    bool run_until(const std::function<bool()>& done,
                   Milliseconds bound = std::chrono::seconds(20));
    bool run_to_end(std::int32_t id, Milliseconds bound = std::chrono::seconds(20));

    // RST_STREAM(CANCEL).
    void reset(std::int32_t id);
    // What has been read may be sent again: on that stream, on the connection, on both.
    // Told to the server when the connection runs next; also called by `arrived`.
    void open_stream(std::int32_t id, std::size_t size);
    void open_connection(std::size_t size);
    void open_window(std::int32_t id, std::size_t size);

private:
    struct Callbacks;
    void send_frames();

    RawSocket socket_;
    nghttp2_session* session_ = nullptr;
    std::map<std::int32_t, Stream> streams_;
};

}  // namespace cppcgi_test

#endif
