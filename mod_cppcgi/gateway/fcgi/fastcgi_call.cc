#include "gateway/fcgi/fastcgi_call.h"

#include <algorithm>
#include <climits>
#include <sys/socket.h>
#include <unistd.h>

namespace cppcgi::program {

namespace {

constexpr std::size_t block_size = 64 * 1024;
// Reading so much costs less than another connection: closing this one would have to wait
// until the server has closed its end, or a reset would take the answer along.
constexpr std::uint64_t largest_rest = 1024 * 1024;
// FCGI_Header, and what its second byte says; the seventh is the padding behind it.
constexpr std::size_t header_size = 8;
constexpr unsigned char abort_request = 2;
constexpr unsigned char standard_input = 5;

}  // namespace

FastCgiEnvironment::FastCgiEnvironment(const FCGX_Request& request) {
    entries_.reserve(64);
    for (char** entry = request.envp; *entry; ++entry)
        if (!std::string_view(*entry).starts_with("FCGI_ROLE="))
            entries_.push_back(*entry);
    for (char** entry = environ; *entry; ++entry)
        if (std::string_view(*entry).starts_with("CPPCGI_")) entries_.push_back(*entry);
    entries_.push_back(nullptr);
}

FastCgiCall::FastCgiCall(std::string_view name, FCGX_Request& request,
                         const FastCgiEnvironment& environment_entries)
    : ProgramCall(name, environment_entries.entries()),
      request_(request),
      log_level_(log_level(environment())) {
    arguments_ = query_arguments(
        environment().variable("QUERY_STRING").value_or(std::string_view{}));
    const auto length = content_length(environment());
    if (length < 0) end_ = -400;
    unread_ = static_cast<std::uint64_t>(std::max<std::int64_t>(length, 0));
    // A server that took a chunked body may not know its length; the stream has an end.
    has_length_ =
        !environment().variable("CONTENT_LENGTH").value_or(std::string_view{}).empty();
}

int FastCgiCall::read(cppcgi_text& slice) {
    if (end_ != CPPCGI_READ_DATA) return end_;
    if (has_length_ && unread_ == 0) return end_ = CPPCGI_READ_END;
    if (!block_) block_ = std::make_unique_for_overwrite<char[]>(block_size);
    const std::size_t wanted =
        has_length_ ? std::min<std::uint64_t>(unread_, block_size) : block_size;
    const int got = FCGX_GetStr(block_.get(), static_cast<int>(wanted), request_.in);
    if (got <= 0) {
        // The connection broke, or an abort record stands where data should.
        if (FCGX_GetError(request_.in) != 0) return end_ = CPPCGI_READ_ABORTED;
        return end_ = has_length_ ? -400 : int{CPPCGI_READ_END};
    }
    if (has_length_) unread_ -= static_cast<std::uint64_t>(got);
    slice = {block_.get(), static_cast<std::size_t>(got)};
    return CPPCGI_READ_DATA;
}

bool FastCgiCall::read_rest() {
    if (unread_ > largest_rest) return false;
    cppcgi_text ignored;
    while (has_length_ && unread_ != 0 && read(ignored) == CPPCGI_READ_DATA) {
    }
    // The empty record at the end of the stream; it came with the last of the data.
    return FCGX_GetChar(request_.in) == EOF && FCGX_GetError(request_.in) == 0;
}

bool FastCgiCall::put(std::string_view data) {
    while (!data.empty()) {
        const auto size = static_cast<int>(std::min<std::size_t>(data.size(), INT_MAX));
        if (FCGX_PutStr(data.data(), size, request_.out) != size) return false;
        data.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

bool FastCgiCall::send(std::string_view head, std::string_view body, unsigned flags) {
    if (!put(head) || !put(body)) return false;
    // What ends the response leaves with the record that ends the request.
    if ((flags & CPPCGI_WRITE_FLUSH) && FCGX_FFlush(request_.out) != 0) return false;
    return FCGX_GetError(request_.out) == 0;
}

bool FastCgiCall::aborted() {
    if (FCGX_GetError(request_.out) != 0 || end_ == CPPCGI_READ_ABORTED) return true;
    // Behind a body that has been read nothing comes but its last, empty record, an abort,
    // or the connection's end.
    if (has_length_ && unread_ != 0) return false;
    // Only looked at: reading on would hide the abort in libfcgi's buffer.
    unsigned char arrived[2 * header_size + 255];
    const ssize_t got =
        ::recv(request_.ipcFd, arrived, sizeof arrived, MSG_PEEK | MSG_DONTWAIT);
    if (got == 0) return true;
    std::size_t at = 0;
    if (got > 0 && arrived[1] == standard_input) at = header_size + arrived[6];
    return got >= static_cast<ssize_t>(at + header_size) &&
           arrived[at + 1] == abort_request;
}

void FastCgiCall::log_line(int level, std::string_view line) {
    if (level > log_level_) return;
    FCGX_PutStr(line.data(), static_cast<int>(line.size()), request_.err);
    FCGX_PutChar('\n', request_.err);
    FCGX_FFlush(request_.err);
}

}  // namespace cppcgi::program
