#include <cppcgi/events.h>
#include <cppcgi/response.h>

#include "core/call.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>

namespace cppcgi {

using namespace std::string_view_literals;

namespace {

// How soon wait() notices that the client has left.
constexpr std::chrono::milliseconds look_out{50};

// A field of one line ends at any of these (HTML standard, section 9.2.5); a browser drops
// an id with NUL.
void check_line(std::string_view name, std::string_view text) {
    if (text.find_first_of("\r\n\0"sv) != text.npos)
        throw std::invalid_argument("the " + std::string(name) +
                                    " of a server-sent event holds CR, LF or NUL");
}

}  // namespace

Events Response::events(const EventOptions& options) { return Events(call_, options); }

Events::Events(detail::Call& call, const EventOptions& options)
    : call_(call), options_(options) {
    detail::Output& output = call_.output;
    output.set_header("Content-Type", "text/event-stream");
    output.set_header("Cache-Control", "no-cache");
    // nginx in front would collect the stream otherwise.
    output.set_header("X-Accel-Buffering", "no");
    cppcgi_text value;
    if (call_.gateway->header(call_.host, detail::to_c("Last-Event-ID"), &value))
        last_id_ = detail::from_c(value);
    flush();
    // A client that asks for the head alone waits for no events.
    const bool is_head =
        call_.gateway->variable(call_.host, detail::to_c("REQUEST_METHOD"), &value) &&
        detail::from_c(value) == "HEAD";
    if (is_head) output.close();
}

bool Events::send(const Event& event) {
    check_line("name", event.event);
    check_line("id", event.id.value_or(""sv));
    if (event.retry)
        field("retry", std::to_string(std::max<std::int64_t>(event.retry->count(), 0)));
    if (event.id) field("id", *event.id);
    if (!event.event.empty()) field("event", event.event);
    if (event.data) lines("data", *event.data);
    call_.output.write("\n");
    return flush();
}

bool Events::comment(std::string_view text) {
    lines("", text);
    call_.output.write("\n");
    return flush();
}

bool Events::wait(std::chrono::milliseconds pause) {
    const auto end = Clock::now() + pause;
    for (auto now = Clock::now(); is_open(); now = Clock::now()) {
        if (now >= end) return true;
        const auto comment_due =
            options_.keep_alive.count() > 0 ? last_sent_ + options_.keep_alive : end;
        if (now >= comment_due) {
            comment();
            continue;
        }
        std::this_thread::sleep_until(std::min({end, comment_due, now + look_out}));
    }
    return false;
}

void Events::field(std::string_view name, std::string_view value) {
    detail::Output& output = call_.output;
    output.write(name);
    output.write(": ");
    output.write(value);
    output.write("\n");
}

void Events::lines(std::string_view name, std::string_view text) {
    while (true) {
        const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
        field(name, text.substr(0, end));
        if (end == text.size()) return;
        text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
    }
}

bool Events::flush() {
    call_.output.flush();
    last_sent_ = Clock::now();
    return is_open();
}

bool Events::is_open() const {
    return !call_.output.client_gone() && !call_.output.is_closed() &&
           call_.gateway->aborted(call_.host) == 0;
}

}  // namespace cppcgi
