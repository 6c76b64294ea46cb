// Bytes of a request body that have to wait: in memory up to a bound, then in a file
// without a name. First in, first out. Owned by one request, used by its thread.
#ifndef CPPCGI_MODULE_BODY_SPOOL_H
#define CPPCGI_MODULE_BODY_SPOOL_H

#include "host/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cppcgi::module {

class BodySpool {
public:
    // `directory` is borrowed; empty: TMPDIR, else /tmp.
    BodySpool(const char* directory, std::size_t max_memory) noexcept;

    // 0, or the errno of the file.
    int append(std::string_view bytes);

    // What comes next, at least one byte unless it is empty (or the file cannot be read:
    // error()). Lives until the next call.
    std::string_view front();
    void pop(std::size_t size) noexcept;
    void drop() noexcept;  // all that is in it
    bool is_empty() const noexcept { return taken_ == size_; }
    int error() const noexcept { return error_; }

    std::uint64_t size() const noexcept { return size_; }
    bool has_used_file() const noexcept { return has_used_file_; }
    const char* directory() const noexcept { return directory_; }

    // The file that holds all of it, at its start, or a closed one when it is in memory.
    host::Descriptor release_file() noexcept;

private:
    int write_to_file(std::string_view bytes) noexcept;

    const char* directory_;
    std::size_t max_memory_;
    std::string memory_;  // all of it, or the part of the file that is being taken
    std::size_t memory_taken_ = 0;
    host::Descriptor file_;
    std::uint64_t size_ = 0;
    std::uint64_t taken_ = 0;
    int error_ = 0;
    bool has_used_file_ = false;
};

}  // namespace cppcgi::module

#endif
