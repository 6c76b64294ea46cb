#include "gateway/cgi.h"

#include "gateway/failure.h"
#include "gateway/program_life.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

namespace cppcgi::program {

namespace {

// What a pipe holds; a larger read would not get more.
constexpr std::size_t block_size = 64 * 1024;

[[noreturn]] void die_visibly() {
    const rlimit no_core = {0, 0};  // it is a message to the server, no crash
    setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGABRT, SIG_DFL);
    ::kill(::getpid(), SIGABRT);
    ::_exit(1);
}

}  // namespace

CgiCall::CgiCall(std::string_view name, const char* const* environment_entries,
                 std::span<const char* const> arguments, CgiDescriptors descriptors)
    : ProgramCall(name, environment_entries), descriptors_(descriptors) {
    arguments_.assign(arguments.begin(), arguments.end());
    const std::int64_t length = content_length(environment());
    unread_ = static_cast<std::uint64_t>(std::max<std::int64_t>(length, 0));
    if (length < 0) end_ = -400;
    log_level_ = log_level(environment());
}

int CgiCall::read(cppcgi_text& slice) {
    if (end_ != CPPCGI_READ_DATA) return end_;
    if (unread_ == 0) return end_ = CPPCGI_READ_END;
    if (!block_) block_ = std::make_unique_for_overwrite<char[]>(block_size);
    const std::size_t wanted = std::min<std::uint64_t>(unread_, block_size);
    ssize_t got;
    do {
        got = ::read(descriptors_.input, block_.get(), wanted);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return end_ = -500;
    if (got == 0) return end_ = -400;  // shorter than its length
    unread_ -= static_cast<std::uint64_t>(got);
    slice = {block_.get(), static_cast<std::size_t>(got)};
    return CPPCGI_READ_DATA;
}

bool CgiCall::send(std::string_view head, std::string_view body, unsigned) {
    while (!head.empty() || !body.empty()) {
        const iovec pieces[2] = {{const_cast<char*>(head.data()), head.size()},
                                 {const_cast<char*>(body.data()), body.size()}};
        const ssize_t wrote = ::writev(descriptors_.output, pieces, 2);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0 && errno == EAGAIN) {
            pollfd ready = {descriptors_.output, POLLOUT, 0};
            ::poll(&ready, 1, -1);
            continue;
        }
        if (wrote < 0) return false;
        const auto size = static_cast<std::size_t>(wrote);
        const std::size_t of_head = std::min(size, head.size());
        head.remove_prefix(of_head);
        body.remove_prefix(size - of_head);
    }
    return true;
}

bool CgiCall::send_from(int descriptor, std::uint64_t offset, std::uint64_t length) {
    auto position = static_cast<off_t>(offset);
    while (length != 0) {
        const ssize_t sent =
            ::sendfile(descriptors_.output, descriptor, &position, length);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno == EPIPE) return false;
        if (sent <= 0)  // not between these two: an output opened for appending, say
            return ProgramCall::send_from(descriptor,
                                          static_cast<std::uint64_t>(position), length);
        length -= static_cast<std::uint64_t>(sent);
    }
    return true;
}

bool CgiCall::aborted() {
    pollfd output = {descriptors_.output, 0, 0};
    return ::poll(&output, 1, 0) > 0 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

void CgiCall::log_line(int level, std::string_view line) {
    if (level > log_level_) return;
    const iovec pieces[2] = {{const_cast<char*>(line.data()), line.size()},
                             {const_cast<char*>("\n"), 1}};
    // In one call, so that lines of several programs on one descriptor stay whole.
    [[maybe_unused]] const ssize_t nowhere_to_complain =
        ::writev(descriptors_.error, pieces, 2);
}

bool CgiCall::run_program(cppcgi_entry entry) {
    if (const std::string failure = start_program(); !failure.empty()) {
        log_failed_life(*this, failure);
        send_error_page(*this, 503);
        failed_ = true;
        return true;
    }
    const bool whole = run(entry);
    const std::string failure = stop_program();
    if (!failure.empty()) log_failed_life(*this, failure);
    return whole;
}

int run_cgi(std::string_view name, cppcgi_entry entry, const char* const* environment,
            std::span<const char* const> arguments) {
    // A client that has gone is an error of write(), not a death between two statements
    // of a handler.
    std::signal(SIGPIPE, SIG_IGN);
    CgiCall call(name, environment, arguments);
    if (!call.run_program(entry)) die_visibly();
    return 0;
}

}  // namespace cppcgi::program
