// Files that hold what is too large for memory: without a name, gone with their
// descriptor. A form has few of them, many fields share the last. Owned by a form; one
// thread. The only part of core that uses POSIX.
#ifndef CPPCGI_CORE_SPOOL_H
#define CPPCGI_CORE_SPOOL_H

#include <cppcgi/error.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/write_behind.h"

namespace cppcgi::detail {

class Spool {
public:
    // At most so many files; the first fields get one each.
    static constexpr std::size_t max_files = 8;
    // A file with less than this is shared with the next field.
    static constexpr std::size_t shared_size = 64u << 10;
    // What is written at once, as far as the input allows.
    static constexpr std::size_t write_size = 128u << 10;
    // Behind so much of a file, writing goes on while more arrives, and in larger pieces:
    // handing one to another thread costs about as much as copying 64 KB.
    static constexpr std::uint64_t behind_from = 1u << 20;
    static constexpr std::size_t behind_size = 512u << 10;

    struct Place {
        std::uint32_t file = 0;
        std::uint64_t offset = 0;
    };

    Spool() = default;
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;
    ~Spool();

    // Where begin() makes files, which it does in the lifetime of `directory`. Not said, or
    // empty: TMPDIR, else /tmp.
    void use(const std::string& directory) noexcept { directory_ = &directory; }

    // Where the next field begins; what append() writes from here on is its value. The
    // fault's limit is the errno.
    Result<Place> begin();
    Fault append(std::string_view bytes);

    // Bytes of a file as memory, mapped as a whole when first asked for; they live as
    // long as the spool.
    Result<const char*> map(std::uint32_t file);
    // For reading at offsets, when everything is written.
    Result<int> descriptor(std::uint32_t file);
    // Whether the file holds one field only and can be linked to a name.
    bool is_linkable(std::uint32_t file) const noexcept;
    void linked(std::uint32_t file) noexcept { files_[file].linkable = false; }

    std::size_t files() const noexcept { return files_.size(); }

private:
    struct File {
        int fd = -1;
        std::uint64_t size = 0;  // buffered bytes included
        std::uint32_t fields = 0;
        bool linkable = false;
        const char* mapped = nullptr;
        std::uint64_t mapped_size = 0;
    };

    struct Mapping {
        void* start;
        std::size_t size;
    };

    Fault open();
    Fault flush();
    Fault write_full();
    void make_buffer(std::size_t size);

    const std::string* directory_ = nullptr;
    std::vector<File> files_;
    std::vector<Mapping> mappings_;
    // For the last file: of its size, these many bytes at the end.
    std::unique_ptr<char[]> buffer_;
    std::size_t buffered_ = 0;
    std::size_t capacity_ = 0;
    std::unique_ptr<char[]> other_buffer_;  // which is being written
    WriteBehind behind_;
};

}  // namespace cppcgi::detail

#endif
