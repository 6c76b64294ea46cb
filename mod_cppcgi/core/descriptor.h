// A file descriptor that closes itself. Owned by whoever opened it.
#ifndef CPPCGI_CORE_DESCRIPTOR_H
#define CPPCGI_CORE_DESCRIPTOR_H

#include <unistd.h>
#include <utility>

namespace cppcgi::detail {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept
        : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }

    explicit operator bool() const noexcept { return number_ >= 0; }
    int number() const noexcept { return number_; }

private:
    int number_ = -1;
};

}  // namespace cppcgi::detail

#endif
