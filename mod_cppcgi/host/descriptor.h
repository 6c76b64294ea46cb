// A file descriptor with an owner: closed with it.
#ifndef CPPCGI_HOST_DESCRIPTOR_H
#define CPPCGI_HOST_DESCRIPTOR_H

#include <unistd.h>

#include <utility>

namespace cppcgi::host {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    ~Descriptor() { close(); }
    Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            close();
            fd_ = other.release();
        }
        return *this;
    }

    int get() const noexcept { return fd_; }
    bool is_open() const noexcept { return fd_ >= 0; }
    void close() noexcept {
        if (fd_ >= 0) ::close(release());
    }
    // Gives it away: the caller closes it.
    int release() noexcept { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

}  // namespace cppcgi::host

#endif
