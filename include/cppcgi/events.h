// Server-sent events: a page that never ends, of which a browser's EventSource hears each
// event when it is sent. Made by Response::events(); used by the thread of the handler.
//
//     auto events = res.events();
//     for (int percent = 0; percent <= 100 && events.wait(100ms); ++percent)
//         events.send({.data = std::to_string(percent), .event = "progress"});
#ifndef CPPCGI_EVENTS_H
#define CPPCGI_EVENTS_H

#include <cppcgi/api.h>

#include <chrono>
#include <optional>
#include <string_view>

namespace cppcgi {

namespace detail {
struct Call;
}

class Response;

struct Event {
    // Any text; line ends of any kind arrive as "\n". An event without data is not
    // dispatched, one with "" is.
    std::optional<std::string_view> data = std::nullopt;
    // What addEventListener() listens for; "message" when left out.
    std::string_view event = {};
    // What the browser sends as Last-Event-ID when it connects again; "" forgets it.
    std::optional<std::string_view> id = std::nullopt;
    // How long it waits before that.
    std::optional<std::chrono::milliseconds> retry = std::nullopt;
};

struct EventOptions {
    // wait() sends a comment after this long without an event, so that nothing on the way
    // takes the connection for dead; 0 for never.
    std::chrono::milliseconds keep_alive = std::chrono::seconds(15);
};

class CPPCGI_API Events {
public:
    // Each returns false once the client has left. Throws std::invalid_argument when event
    // or id hold CR, LF or NUL, which no stream can carry.
    bool send(const Event& event);
    bool send(std::string_view data) { return send(Event{.data = data}); }

    // A line that browsers skip.
    bool comment(std::string_view text = {});

    // Waits, at the end of which the client is still there (true), or until it has left.
    bool wait(std::chrono::milliseconds pause);

    // The id of the last event that this client got before it connected again; empty at
    // its first connection.
    std::string_view last_id() const noexcept { return last_id_; }

private:
    friend class Response;
    using Clock = std::chrono::steady_clock;

    Events(detail::Call& call, const EventOptions& options);
    void field(std::string_view name, std::string_view value);
    void lines(std::string_view name, std::string_view text);
    bool flush();
    bool is_open() const;

    detail::Call& call_;
    EventOptions options_;
    std::string_view last_id_;
    Clock::time_point last_sent_;
};

}  // namespace cppcgi

#endif
