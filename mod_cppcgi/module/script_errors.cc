#include "module/script_errors.h"

#include "gateway/httpd/log.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace cppcgi::module {

namespace {

// httpd cuts a message at 8192 bytes after escaping; a longer line becomes several.
constexpr std::size_t longest = 7000;

std::size_t escaped_size(char c) noexcept { return c >= 0x20 && c < 0x7f ? 1 : 4; }

}  // namespace

ScriptErrors::ScriptErrors(request_rec* r, std::size_t keep)
    : r_(r),
      server_(r->server),
      script_(r->filename ? r->filename : r->uri),
      client_(r->useragent_ip ? r->useragent_ip : "-"),
      keep_(keep) {}

void ScriptErrors::take(std::string_view bytes) {
    if (kept_.size() < keep_) kept_.append(bytes.substr(0, keep_ - kept_.size()));
    for (const char c : bytes) {
        if (c == '\n' || cost_ >= longest) {
            log_line(line_);
            line_.clear();
            cost_ = 0;
        }
        if (c == '\n') continue;
        line_ += c;
        cost_ += escaped_size(c);
    }
}

void ScriptErrors::finish() {
    if (!line_.empty()) log_line(line_);
    line_.clear();
    cost_ = 0;
}

void ScriptErrors::leave_request() { r_ = nullptr; }

void ScriptErrors::log_line(std::string_view line) const {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const int size = static_cast<int>(line.size());
    if (r_) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r_, "CPPCGI0450: stderr from %s: %.*s",
                      script_.c_str(), size, line.data());
    } else {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server_,
                     "CPPCGI0450: [client %s] stderr from %s: %.*s", client_.c_str(),
                     script_.c_str(), size, line.data());
    }
}

bool ScriptErrors::read_from(int fd) {
    std::array<char, 4096> buffer;
    // A script that floods its stderr must not keep us from its other pipes.
    for (int turn = 0; turn < 16; ++turn) {
        const ssize_t size = ::read(fd, buffer.data(), buffer.size());
        if (size > 0) {
            take({buffer.data(), static_cast<std::size_t>(size)});
            if (static_cast<std::size_t>(size) == buffer.size()) continue;
            return true;
        }
        if (size == -1 && errno == EINTR) continue;
        if (size == -1 && errno == EAGAIN) return true;
        finish();
        return false;
    }
    return true;
}

}  // namespace cppcgi::module
