#include "core/field_stream.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace cppcgi::detail {
namespace {

constexpr std::size_t block_size = 64u << 10;

}  // namespace

FieldBuffer::FieldBuffer(std::string_view memory) : size_(memory.size()) {
    // A get area is never written to.
    char* begin = const_cast<char*>(memory.data());
    setg(begin, begin, begin + memory.size());
    read_ = size_;
}

FieldBuffer::FieldBuffer(int fd, std::uint64_t offset, std::uint64_t size)
    : fd_(fd), offset_(offset), size_(size), block_(new char[block_size]) {
    setg(block_.get(), block_.get(), block_.get());
}

std::uint64_t FieldBuffer::position() const {
    return read_ - static_cast<std::uint64_t>(egptr() - gptr());
}

FieldBuffer::int_type FieldBuffer::underflow() {
    if (gptr() < egptr()) return traits_type::to_int_type(*gptr());
    if (fd_ < 0 || read_ == size_) return traits_type::eof();
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(block_size, size_ - read_));
    ssize_t got;
    do {
        got = pread(fd_, block_.get(), wanted, static_cast<off_t>(offset_ + read_));
    } while (got < 0 && errno == EINTR);
    // The stream makes badbit of it.
    if (got <= 0) throw std::runtime_error("a spooled field cannot be read");
    read_ += static_cast<std::uint64_t>(got);
    setg(block_.get(), block_.get(), block_.get() + got);
    return traits_type::to_int_type(*gptr());
}

std::streamsize FieldBuffer::xsgetn(char* to, std::streamsize count) {
    std::streamsize done = 0;
    while (done < count) {
        if (gptr() == egptr() &&
            traits_type::eq_int_type(underflow(), traits_type::eof())) {
            break;
        }
        const std::streamsize some =
            std::min<std::streamsize>(egptr() - gptr(), count - done);
        std::copy_n(gptr(), some, to + done);
        setg(eback(), gptr() + some, egptr());
        done += some;
    }
    return done;
}

FieldBuffer::pos_type FieldBuffer::seekoff(off_type offset, std::ios_base::seekdir from,
                                           std::ios_base::openmode which) {
    off_type start = 0;
    if (from == std::ios_base::cur) start = static_cast<off_type>(position());
    if (from == std::ios_base::end) start = static_cast<off_type>(size_);
    return seekpos(start + offset, which);
}

FieldBuffer::pos_type FieldBuffer::seekpos(pos_type position,
                                           std::ios_base::openmode which) {
    const off_type to = position;
    if ((which & std::ios_base::in) == 0 || to < 0 ||
        static_cast<std::uint64_t>(to) > size_) {
        return pos_type(off_type(-1));
    }
    if (fd_ < 0) {
        setg(eback(), eback() + to, egptr());
    } else {
        read_ = static_cast<std::uint64_t>(to);
        setg(block_.get(), block_.get(), block_.get());
    }
    return position;
}

}  // namespace cppcgi::detail
