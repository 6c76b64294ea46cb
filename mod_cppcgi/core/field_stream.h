// The value of a field as a stream: memory read in place, a spooled one from its file
// 64 KB at a time, so that a large file does not become part of the process.
#ifndef CPPCGI_CORE_FIELD_STREAM_H
#define CPPCGI_CORE_FIELD_STREAM_H

#include <cstdint>
#include <istream>
#include <memory>
#include <streambuf>
#include <string_view>

namespace cppcgi::detail {

class FieldBuffer final : public std::streambuf {
public:
    explicit FieldBuffer(std::string_view memory);
    FieldBuffer(int fd, std::uint64_t offset, std::uint64_t size);

protected:
    int_type underflow() override;
    std::streamsize xsgetn(char* to, std::streamsize count) override;
    pos_type seekoff(off_type offset, std::ios_base::seekdir from,
                     std::ios_base::openmode which) override;
    pos_type seekpos(pos_type position, std::ios_base::openmode which) override;

private:
    std::uint64_t position() const;

    int fd_ = -1;
    std::uint64_t offset_ = 0;  // of the value in its file
    std::uint64_t size_;
    std::uint64_t read_ = 0;  // where in the value the block ends
    std::unique_ptr<char[]> block_;
};

class FieldStream final : public std::istream {
public:
    explicit FieldStream(std::string_view memory)
        : std::istream(nullptr), buffer_(memory) {
        rdbuf(&buffer_);
    }
    FieldStream(int fd, std::uint64_t offset, std::uint64_t size)
        : std::istream(nullptr), buffer_(fd, offset, size) {
        rdbuf(&buffer_);
    }

private:
    FieldBuffer buffer_;
};

}  // namespace cppcgi::detail

#endif
