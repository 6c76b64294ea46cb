#include "t/httpd/http2_connection.h"

#include <algorithm>
#include <stdexcept>

namespace cppcgi_test {

namespace {

nghttp2_nv field(std::string_view name, std::string_view value) {
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

void check(long result) {
    if (result < 0)
        throw std::runtime_error(nghttp2_strerror(static_cast<int>(result)));
}

}  // namespace

std::optional<std::string> Http2Connection::Stream::header(
    std::string_view name) const {
    const auto found =
        std::find_if(headers.begin(), headers.end(),
                     [&](const auto& pair) { return pair.first == name; });
    return found == headers.end() ? std::nullopt : std::optional(found->second);
}

struct Http2Connection::Callbacks {
    static Stream& stream(void* connection, std::int32_t id) {
        return static_cast<Http2Connection*>(connection)->streams_[id];
    }

    static int header(nghttp2_session*, const nghttp2_frame* frame,
                      const std::uint8_t* name, std::size_t name_size,
                      const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                      void* connection) {
        Stream& to = stream(connection, frame->hd.stream_id);
        const auto text = [](const std::uint8_t* data, std::size_t size) {
            return std::string(reinterpret_cast<const char*>(data), size);
        };
        to.headers.emplace_back(text(name, name_size), text(value, value_size));
        if (to.headers.back().first == ":status")
            to.status = std::stoi(to.headers.back().second);
        return 0;
    }

    static int data(nghttp2_session*, std::uint8_t, std::int32_t id,
                    const std::uint8_t* data, std::size_t size, void* connection) {
        Stream& to = stream(connection, id);
        const std::string_view text(reinterpret_cast<const char*>(data), size);
        to.size += size;
        if (to.arrived) {
            to.arrived(text);
        } else {
            to.body += text;
        }
        return 0;
    }

    static int closed(nghttp2_session*, std::int32_t id, std::uint32_t error,
                      void* connection) {
        Stream& ended = stream(connection, id);
        ended.is_closed = true;
        ended.error = error;
        return 0;
    }
};

Http2Connection::Http2Connection(std::uint16_t port, Windows windows) : socket_(port) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* options = nullptr;
    check(nghttp2_session_callbacks_new(&callbacks));
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              Callbacks::data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                           Callbacks::closed);
    check(nghttp2_option_new(&options));
    nghttp2_option_set_no_auto_window_update(options, windows == Windows::by_hand);
    check(nghttp2_session_client_new2(&session_, callbacks, this, options));
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);
    check(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0));
}

Http2Connection::~Http2Connection() { nghttp2_session_del(session_); }

std::int32_t Http2Connection::ask(const std::string& path, const Fields& headers,
                                  const std::string& method) {
    std::vector<nghttp2_nv> fields = {
        field(":method", method), field(":scheme", "http"),
        field(":authority", "localhost"), field(":path", path)};
    for (const auto& [name, value] : headers) fields.push_back(field(name, value));
    const std::int32_t id = nghttp2_submit_request(session_, nullptr, fields.data(),
                                                   fields.size(), nullptr, nullptr);
    check(id);
    send_frames();
    return id;
}

void Http2Connection::send_frames() {
    const std::uint8_t* frames = nullptr;
    for (;;) {
        const auto size = nghttp2_session_mem_send(session_, &frames);
        check(size);
        if (size == 0) return;
        socket_.send(
            {reinterpret_cast<const char*>(frames), static_cast<std::size_t>(size)});
    }
}

bool Http2Connection::run_until(const std::function<bool()>& done, Milliseconds bound) {
    const Milliseconds until = socket_.age() + bound;
    while (!done()) {
        send_frames();
        const std::string some = socket_.read_some(until - socket_.age());
        if (some.empty()) return done();
        check(nghttp2_session_mem_recv(
            session_, reinterpret_cast<const std::uint8_t*>(some.data()), some.size()));
    }
    send_frames();
    return true;
}

bool Http2Connection::run_to_end(std::int32_t id, Milliseconds bound) {
    return run_until([&] { return stream(id).is_closed; }, bound);
}

void Http2Connection::reset(std::int32_t id) {
    check(nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL));
    send_frames();
}

void Http2Connection::open_stream(std::int32_t id, std::size_t size) {
    check(nghttp2_session_consume_stream(session_, id, size));
}

void Http2Connection::open_connection(std::size_t size) {
    check(nghttp2_session_consume_connection(session_, size));
}

void Http2Connection::open_window(std::int32_t id, std::size_t size) {
    check(nghttp2_session_consume(session_, id, size));
}

}  // namespace cppcgi_test
