#include "module/body_spool.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace cppcgi::module {

namespace {

constexpr std::size_t piece = 64 << 10;

// O_TMPFILE where the file system has it, else unlinked at once.
int open_unnamed(const char* directory) noexcept {
    const int fd = ::open(directory, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    std::string name = std::string(directory) + "/cppcgi-body-XXXXXX";
    const int named = ::mkostemp(name.data(), O_CLOEXEC);
    if (named >= 0) ::unlink(name.c_str());
    return named;
}

const char* existing(const char* directory) noexcept {
    if (*directory) return directory;
    directory = std::getenv("TMPDIR");
    return directory && *directory ? directory : "/tmp";
}

}  // namespace

BodySpool::BodySpool(const char* directory, std::size_t max_memory) noexcept
    : directory_(existing(directory)), max_memory_(max_memory) {}

int BodySpool::append(std::string_view bytes) {
    if (error_ != 0) return error_;
    if (!file_.is_open()) {
        if (memory_.size() - memory_taken_ + bytes.size() <= max_memory_) {
            memory_.erase(0, memory_taken_);
            memory_taken_ = 0;
            memory_.append(bytes);
            size_ += bytes.size();
            return 0;
        }
        file_ = host::Descriptor(open_unnamed(directory_));
        if (!file_.is_open()) return error_ = errno;
        has_used_file_ = true;
        // What memory holds stays the front; the file's first bytes stand for what went.
        const std::string front = memory_.substr(memory_taken_);
        if (::lseek(file_.get(), static_cast<off_t>(taken_), SEEK_SET) == -1 ||
            write_to_file(front) != 0) {
            return error_;
        }
        memory_.clear();
        memory_taken_ = 0;
    }
    if (write_to_file(bytes) == 0) size_ += bytes.size();
    return error_;
}

int BodySpool::write_to_file(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t size = ::write(file_.get(), bytes.data(), bytes.size());
        if (size >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(size));
        } else if (errno != EINTR) {
            return error_ = errno;
        }
    }
    return 0;
}

std::string_view BodySpool::front() {
    if (memory_taken_ == memory_.size() && file_.is_open() && !is_empty()) {
        memory_.resize(std::min<std::uint64_t>(piece, size_ - taken_));
        memory_taken_ = 0;
        ssize_t got;
        do {
            got = ::pread(file_.get(), memory_.data(), memory_.size(),
                          static_cast<off_t>(taken_));
        } while (got == -1 && errno == EINTR);
        if (got <= 0) error_ = got == 0 ? EIO : errno;
        memory_.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }
    return std::string_view(memory_).substr(memory_taken_);
}

void BodySpool::pop(std::size_t size) noexcept {
    memory_taken_ += size;
    taken_ += size;
}

void BodySpool::drop() noexcept {
    memory_.clear();
    memory_taken_ = 0;
    taken_ = size_;
}

host::Descriptor BodySpool::release_file() noexcept {
    if (file_.is_open()) ::lseek(file_.get(), 0, SEEK_SET);
    return std::move(file_);
}

}  // namespace cppcgi::module
