#include "t/httpd/stream_client.h"

#include <strings.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "t/httpd/http2_connection.h"
#include "t/httpd/raw_socket.h"

namespace cppcgi_test {

namespace {

// The chunks of HTTP/1.1 in pieces of any size; extensions and trailers are not sent here.
class Chunks {
public:
    // What is new of the content, also of a chunk that has not come whole.
    std::string feed(std::string_view bytes) {
        pending_ += bytes;
        std::string content;
        while (!ended_) {
            if (left_ == 0 && !take_size()) break;
            const std::size_t some = std::min(left_, pending_.size());
            content.append(pending_, 0, some);
            pending_.erase(0, some);
            left_ -= some;
            if (left_ != 0) break;
        }
        return content;
    }
    bool ended() const { return ended_; }

private:
    // False when the line with the size has not come yet.
    bool take_size() {
        const std::size_t start = is_first_ ? 0 : 2;  // behind the line end of the last
        const std::size_t end = pending_.find("\r\n", start);
        if (end == pending_.npos) return false;
        char* behind = nullptr;
        left_ = std::strtoull(pending_.c_str() + start, &behind, 16);
        if (behind == pending_.c_str() + start)
            throw std::runtime_error("no size of a chunk: " + pending_.substr(0, end));
        pending_.erase(0, end + 2);
        is_first_ = false;
        ended_ = left_ == 0;
        return !ended_;
    }

    std::string pending_;
    std::size_t left_ = 0;
    bool is_first_ = true, ended_ = false;
};

class Gzip {
public:
    Gzip() {
        if (inflateInit2(&state_, 16 + MAX_WBITS) != Z_OK)
            throw std::runtime_error("inflateInit2");
    }
    ~Gzip() { inflateEnd(&state_); }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;

    // All that can be known of the content so far.
    std::string feed(std::string_view bytes) {
        std::string content;
        char piece[4096];
        state_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        state_.avail_in = static_cast<uInt>(bytes.size());
        do {
            state_.next_out = reinterpret_cast<Bytef*>(piece);
            state_.avail_out = sizeof piece;
            const int result = inflate(&state_, Z_SYNC_FLUSH);
            if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
                throw std::runtime_error("what came is not compressed");
            content.append(piece, sizeof piece - state_.avail_out);
        } while (state_.avail_out == 0);
        return content;
    }

private:
    z_stream state_{};
};

// What a piece goes through once the framing is off.
class Content {
public:
    Content(StreamAnswer& answer, const std::function<bool(std::string_view)>& arrived)
        : answer_(answer), arrived_(arrived) {}

    void take(std::string_view bytes) {
        if (has_left_ || bytes.empty()) return;
        const std::string content =
            answer_.encoding == "gzip" ? gzip_.feed(bytes) : std::string(bytes);
        if (!content.empty()) has_left_ = !arrived_(content);
    }
    bool has_left() const { return has_left_; }

private:
    StreamAnswer& answer_;
    const std::function<bool(std::string_view)>& arrived_;
    Gzip gzip_;
    bool has_left_ = false;
};

std::string field_of(const std::string& head, std::string_view name) {
    for (std::size_t at = head.find("\r\n"); at != head.npos && at + 4 < head.size();
         at = head.find("\r\n", at + 2)) {
        const char* line = head.c_str() + at + 2;
        if (strncasecmp(line, name.data(), name.size()) != 0) continue;
        const std::string text(line + name.size());
        return text.substr(0, text.find("\r\n"));
    }
    return {};
}

StreamAnswer stream_http1(const StreamQuestion& question,
                          const std::function<bool(std::string_view)>& arrived) {
    StreamAnswer answer;
    RawSocket socket(question.port);
    socket.send("GET " + question.path + " HTTP/1.1\r\nHost: localhost\r\n" +
                (question.compressed ? "Accept-Encoding: gzip\r\n" : "") + "\r\n");
    std::string head;
    while (head.find("\r\n\r\n") == head.npos) {
        const std::string some = socket.read_some(question.bound - socket.age());
        if (some.empty()) return answer;
        head += some;
    }
    const std::string rest = head.substr(head.find("\r\n\r\n") + 4);
    head.erase(head.find("\r\n\r\n") + 2);
    answer.status = std::atoi(head.c_str() + sizeof "HTTP/1.1");
    answer.encoding = field_of(head, "Content-Encoding: ");
    if (field_of(head, "Transfer-Encoding: ") != "chunked")
        throw std::runtime_error("not in chunks:\n" + head);
    Chunks chunks;
    Content content(answer, arrived);
    content.take(chunks.feed(rest));
    while (!chunks.ended() && !content.has_left()) {
        const std::string some = socket.read_some(question.bound - socket.age());
        if (some.empty()) break;
        content.take(chunks.feed(some));
    }
    answer.end = content.has_left()                       ? StreamEnd::left
                 : chunks.ended()                         ? StreamEnd::whole
                 : socket.ended() != RawSocket::End::open ? StreamEnd::cut
                                                          : StreamEnd::too_slow;
    return answer;
}

StreamAnswer stream_http2(const StreamQuestion& question,
                          const std::function<bool(std::string_view)>& arrived) {
    StreamAnswer answer;
    Http2Connection connection(question.port);
    Http2Connection::Fields headers;
    if (question.compressed) headers.emplace_back("accept-encoding", "gzip");
    const std::int32_t id = connection.ask(question.path, headers);
    Http2Connection::Stream& stream = connection.stream(id);
    Content content(answer, arrived);
    stream.arrived = [&](std::string_view bytes) {
        answer.encoding = stream.header("content-encoding").value_or("");
        content.take(bytes);
    };
    const bool ended = connection.run_until(
        [&] { return stream.is_closed || content.has_left(); }, question.bound);
    answer.status = stream.status;
    answer.end = content.has_left()                 ? StreamEnd::left
                 : !ended                           ? StreamEnd::too_slow
                 : stream.error == NGHTTP2_NO_ERROR ? StreamEnd::whole
                                                    : StreamEnd::cut;
    return answer;
}

}  // namespace

StreamAnswer stream(const StreamQuestion& question,
                    const std::function<bool(std::string_view)>& arrived) {
    return question.http2 ? stream_http2(question, arrived)
                          : stream_http1(question, arrived);
}

}  // namespace cppcgi_test
