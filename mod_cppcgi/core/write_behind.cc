#include "core/write_behind.h"

#include <aio.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace cppcgi::detail {

WriteBehind::WriteBehind() = default;
WriteBehind::~WriteBehind() { end(); }

int WriteBehind::start(int fd, std::string_view bytes, std::uint64_t offset) {
    if (const int error = end()) return error;
    if (!control_) control_ = std::make_unique<aiocb>();
    *control_ = {};
    control_->aio_fildes = fd;
    control_->aio_buf = const_cast<char*>(bytes.data());
    control_->aio_nbytes = bytes.size();
    control_->aio_offset = static_cast<off_t>(offset);
    control_->aio_sigevent.sigev_notify = SIGEV_NONE;
    pending_ = aio_write(control_.get()) == 0;
    return pending_ ? 0 : write_at(fd, bytes, offset);
}

int WriteBehind::end() {
    if (!std::exchange(pending_, false)) return 0;
    const aiocb* const list[] = {control_.get()};
    int error;
    while ((error = aio_error(control_.get())) == EINPROGRESS) {
        aio_suspend(list, 1, nullptr);
    }
    const ssize_t got = aio_return(control_.get());
    if (error != 0 && error != EINTR) return error;
    // A full disk shows when the rest is tried.
    const auto done = static_cast<std::size_t>(got > 0 ? got : 0);
    const auto* bytes =
        static_cast<const char*>(const_cast<const void*>(control_->aio_buf));
    return write_at(control_->aio_fildes, {bytes + done, control_->aio_nbytes - done},
                    static_cast<std::uint64_t>(control_->aio_offset) + done);
}

int write_at(int fd, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t written =
            pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        bytes.remove_prefix(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    return 0;
}

}  // namespace cppcgi::detail
