#include "module/pump.h"

#include "gateway/httpd/log.h"

#include <sys/socket.h>

#include <algorithm>
#include <apr_portable.h>
#include <cerrno>
#include <http_core.h>
#include <http_protocol.h>

namespace cppcgi::module {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto never = std::chrono::steady_clock::time_point::max();
// As much as a pipe holds.
constexpr std::size_t buffer_size = 64 << 10;
// A script that ends right after its last write gets its answer out in one piece; nobody
// notices the wait when it goes on.
constexpr milliseconds flush_delay = 10ms;
// A client that only shuts its sending side (nc -N, old HTTP/1.0 clients) still gets what
// a quick script answers.
constexpr milliseconds leave_delay = 1000ms;
// How often the input filters are asked while the client is silent: mod_reqtimeout counts
// only when it is asked.
constexpr milliseconds longest_read_pause = 500ms;
// How long client and script may wait for each other before we step in between.
constexpr milliseconds stall_delay = 100ms;
// mod_http2 hands a connection that waits to send back to the MPM, where nothing tells it
// that a stream has taken in more of its body: the upload would stall for seconds. So on
// HTTP/2 output waits until the upload pauses, and the body is read without waiting.
constexpr milliseconds upload_pause = 100ms;
// HTTP/2 has no descriptor to poll: its streams are asked.
constexpr milliseconds stream_tick = 20ms;

int socket_of(conn_rec* connection) noexcept {
    int fd = -1;
    if (connection->master) return fd;
    apr_socket_t* socket = ap_get_conn_socket(connection);
    if (!socket || apr_os_sock_get(&fd, socket) != APR_SUCCESS) return -1;
    return fd;
}

}  // namespace

Pump::Pump(request_rec* r, ScriptProcess& process, ScriptBody& body,
           ScriptOutput& output, ScriptErrors& errors, OutputSink& sink,
           const ScriptSettings& settings)
    : r_(r),
      process_(process),
      body_(body),
      output_(output),
      errors_(errors),
      sink_(sink),
      settings_(settings),
      client_fd_(socket_of(r->connection)),
      buffer_(new char[buffer_size]),
      now_(Clock::now()),
      last_progress_(now_),
      last_body_(now_),
      flush_at_(never),
      leave_at_(never),
      read_at_(now_) {}

Pump::End Pump::run() {
    if (!body_.streams()) process_.in.close();
    if (client_fd_ < 0) body_.hoard();
    End end = End::running;
    while (end == End::running) end = step();
    return end;
}

Pump::End Pump::step() {
    prepare();
    const int ready = ::poll(polled_.data(), polled_.size(), wait_time());
    now_ = Clock::now();
    if (ready == -1 && errno != EINTR && errno != EAGAIN) {
        error_ = errno;
        return End::failed;
    }
    if (ready == -1) return End::running;
    if (r_->connection->aborted) return End::client_gone;
    if (const End end = watch_client(); end != End::running) return end;
    if (readable(errors_of_script)) {
        last_progress_ = now_;
        if (!errors_.read_from(process_.err.get())) process_.err.close();
    }
    if (body_.wants_more() && (readable(client) || now_ >= read_at_)) {
        if (const End end = read_body(); end != End::running) return end;
    }
    if (polled_[to_script].revents != 0) write_body();
    if (readable(exit_of_script)) exit_seen_ = true;
    if (output_is_due() &&
        (client_fd_ < 0 || (polled_[client].revents & POLLOUT) != 0)) {
        flush_at_ = never;
        last_progress_ = now_;
        if (!output_.pass(output_.held() < most_held())) return End::client_gone;
    }
    if (readable(from_script)) return read_output();
    if (is_stalled() && now_ - last_progress_ >= stall_delay) {
        body_.hoard();
        read_at_ = now_;
    }
    return last_progress_ == now_ ? End::running : expire();
}

void Pump::prepare() {
    // Entries with a negative descriptor are passed over by poll().
    const bool feeding = process_.in.is_open() && body_.has_pending();
    const bool reading = output_.held() < most_held();
    short of_client = leave_at_ == never ? POLLRDHUP : short{0};
    if (body_.wants_more()) of_client |= POLLIN;
    if (output_is_due()) of_client |= POLLOUT;
    const auto entry = [](int fd, int events) {
        return pollfd{.fd = fd, .events = static_cast<short>(events), .revents = 0};
    };
    // Without anything to write, the error alone tells that the script closed its stdin.
    polled_[to_script] = entry(process_.in.get(), feeding ? POLLOUT : 0);
    polled_[from_script] = entry(reading ? process_.out.get() : -1, POLLIN);
    polled_[errors_of_script] = entry(process_.err.get(), POLLIN);
    polled_[exit_of_script] = entry(exit_seen_ ? -1 : process_.pidfd(), POLLIN);
    polled_[client] = entry(client_fd_, of_client);
}

bool Pump::readable(Entry entry) const noexcept {
    return (polled_[entry].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

Pump::Clock::time_point Pump::output_time() const noexcept {
    const auto ready = output_.held() >= most_held() ? now_ : flush_at_;
    if (client_fd_ >= 0 || body_.is_complete()) return ready;
    return std::max(ready, last_body_ + upload_pause);
}

bool Pump::output_is_due() const noexcept { return now_ >= output_time(); }

// The client does not read before it has sent all, and the script does not read before it
// has written all: somebody has to hold what is in between.
bool Pump::is_stalled() const noexcept {
    return output_is_due() && process_.in.is_open() && body_.has_pending() &&
           !body_.is_complete() && !body_.is_hoarding();
}

// Small pieces while the client sends: what the socket does not take at once, httpd keeps
// up to 64 KB of, and waits for more than that.
std::size_t Pump::most_held() const noexcept {
    return body_.is_complete() ? ScriptOutput::most_held : ScriptOutput::most_held / 4;
}

Pump::Waiting Pump::waiting() const noexcept {
    if (output_is_due()) return Waiting::for_client_to_read;
    if (body_.wants_more() && !body_.is_discarding())
        return Waiting::for_client_to_send;
    return Waiting::for_script;
}

int Pump::wait_time() const {
    const auto patience =
        waiting() == Waiting::for_script ? settings_.timeout : settings_.client_timeout;
    Clock::time_point until = last_progress_ + patience;
    if (!output_is_due()) until = std::min(until, output_time());
    until = std::min(until, leave_at_);
    if (is_stalled()) until = std::min(until, last_progress_ + stall_delay);
    if (body_.wants_more()) until = std::min(until, read_at_);
    if (client_fd_ < 0) {
        until = std::min(until, Clock::now() + (output_is_due() ? 0ms : 250ms));
    }
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 600'000));
}

Pump::End Pump::expire() {
    const Waiting what = waiting();
    const auto patience =
        what == Waiting::for_script ? settings_.timeout : settings_.client_timeout;
    if (now_ - last_progress_ < patience) return End::running;
    switch (what) {
        case Waiting::for_client_to_read:
            return End::client_gone;
        case Waiting::for_client_to_send:
            return End::body_failed;
        case Waiting::for_script:
            break;
    }
    return End::timed_out;
}

Pump::End Pump::watch_client() {
    const short events = polled_[client].revents;
    if ((events & (POLLERR | POLLHUP)) != 0) return End::client_gone;
    if ((events & POLLRDHUP) != 0) {
        leave_at_ = settings_.abort ? now_ + leave_delay : never - 1ms;
    }
    return now_ >= leave_at_ ? End::client_gone : End::running;
}

Pump::End Pump::read_output() {
    const ssize_t size = ::read(process_.out.get(), buffer_.get(), buffer_size);
    if (size == -1 && (errno == EAGAIN || errno == EINTR)) return End::running;
    if (size == -1) {
        error_ = errno;
        return End::failed;
    }
    if (size == 0) {
        process_.out.close();
        return End::output_ended;
    }
    last_progress_ = now_;
    if (!sink_.take({buffer_.get(), static_cast<std::size_t>(size)})) {
        return End::output_refused;
    }
    if (output_.has_news() && flush_at_ == never) {
        flush_at_ = flush_at_once_ ? now_ : now_ + flush_delay;
    }
    return End::running;
}

Pump::End Pump::read_body() {
    switch (body_.read()) {
        case ScriptBody::Step::moved:
            last_progress_ = last_body_ = now_;
            read_pause_ = 1ms;
            read_at_ = now_;
            write_body();
            return End::running;
        case ScriptBody::Step::ended:
            return End::running;
        case ScriptBody::Step::failed:
            return End::body_failed;
        case ScriptBody::Step::waiting:
            break;
    }
    // On HTTP/1 the socket's own sign comes first.
    const auto longest = client_fd_ < 0 ? stream_tick : longest_read_pause;
    read_pause_ = client_fd_ < 0 ? std::min(read_pause_ + 1ms, longest) : longest;
    read_at_ = now_ + read_pause_;
    return End::running;
}

void Pump::write_body() {
    if (!process_.in.is_open()) return;
    if ((polled_[to_script].revents & POLLERR) != 0) return close_input();
    switch (body_.write_to(process_.in.get())) {
        case ScriptBody::Step::ended:
            process_.in.close();
            break;
        case ScriptBody::Step::failed:
            return close_input();
        case ScriptBody::Step::moved:
            break;
        case ScriptBody::Step::waiting:
            return;
    }
    last_progress_ = now_;
}

// The script wants no more of the body. The client may not listen before it has sent all
// of it, so the rest is read and dropped.
void Pump::close_input() {
    process_.in.close();
    body_.discard();
    last_progress_ = now_;
}

}  // namespace cppcgi::module
