#include "core/spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cppcgi::detail {
namespace {

Fault failed(int error) { return {errc::spool, static_cast<std::uint64_t>(error)}; }

// For kernels and file systems without O_TMPFILE: a name that is gone at once.
int open_named(const std::string& directory) {
    std::string name = directory + "/cppcgi-XXXXXX";
    const int fd = mkostemp(name.data(), O_CLOEXEC);
    if (fd >= 0) unlink(name.c_str());
    return fd;
}

}  // namespace

Spool::~Spool() {
    behind_.end();
    for (const Mapping& mapping : mappings_) munmap(mapping.start, mapping.size);
    for (const File& file : files_) close(file.fd);
}

Fault Spool::open() {
    std::string directory = directory_ != nullptr ? *directory_ : std::string();
    if (directory.empty()) {
        const char* temporary = getenv("TMPDIR");
        directory = temporary != nullptr && *temporary != '\0' ? temporary : "/tmp";
    }
    File file;
    // The mode counts when save_as() gives the file a name.
    file.fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    file.linkable = file.fd >= 0;
    if (file.fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL ||
                        errno == ENOENT)) {
        file.fd = open_named(directory);
    }
    if (file.fd < 0) return failed(errno);
    files_.push_back(file);
    return {};
}

Result<Spool::Place> Spool::begin() {
    // A file that holds little yet is shared.
    const bool full = !files_.empty() && files_.back().size >= shared_size;
    if (files_.empty() || (full && files_.size() < max_files)) {
        if (Fault fault = flush()) return fault;
        if (Fault fault = open()) return fault;
    }
    ++files_.back().fields;
    return Place{static_cast<std::uint32_t>(files_.size() - 1), files_.back().size};
}

Fault Spool::flush() {
    if (const int error = behind_.end()) return failed(error);
    if (buffered_ == 0) return {};
    const File& file = files_.back();
    const std::string_view bytes(buffer_.get(), std::exchange(buffered_, 0));
    const int error = write_at(file.fd, bytes, file.size - bytes.size());
    return error != 0 ? failed(error) : Fault{};
}

// Writes the buffer, which is full. Where much comes, reading it from the network and
// copying it into the file take about the same time: they are done at once.
Fault Spool::write_full() {
    const File& file = files_.back();
    if (file.size < behind_from) return flush();
    if (capacity_ != behind_size) {
        if (Fault fault = flush()) return fault;
        make_buffer(behind_size);
        return {};
    }
    if (const int error = behind_.end()) return failed(error);
    if (!other_buffer_) other_buffer_.reset(new char[capacity_]);
    std::swap(buffer_, other_buffer_);
    const std::string_view bytes(other_buffer_.get(), std::exchange(buffered_, 0));
    const int error = behind_.start(file.fd, bytes, file.size - bytes.size());
    return error != 0 ? failed(error) : Fault{};
}

void Spool::make_buffer(std::size_t size) {
    buffer_.reset(new char[size]);
    capacity_ = size;
}

Fault Spool::append(std::string_view bytes) {
    while (!bytes.empty()) {
        if (!buffer_) make_buffer(write_size);
        const std::size_t count = std::min(bytes.size(), capacity_ - buffered_);
        std::memcpy(buffer_.get() + buffered_, bytes.data(), count);
        buffered_ += count;
        files_.back().size += count;
        bytes.remove_prefix(count);
        if (buffered_ < capacity_) break;
        if (Fault fault = write_full()) return fault;
    }
    return {};
}

Result<int> Spool::descriptor(std::uint32_t file) {
    if (Fault fault = flush()) return fault;
    return files_[file].fd;
}

Result<const char*> Spool::map(std::uint32_t index) {
    if (Fault fault = flush()) return fault;
    File& file = files_[index];
    if (file.mapped_size < file.size) {
        void* start = mmap(nullptr, file.size, PROT_READ, MAP_SHARED, file.fd, 0);
        if (start == MAP_FAILED) return failed(errno);
        // What was mapped before stays, for those who have views of it.
        mappings_.push_back({start, file.size});
        file.mapped = static_cast<const char*>(start);
        file.mapped_size = file.size;
    }
    return file.mapped;
}

bool Spool::is_linkable(std::uint32_t file) const noexcept {
    return files_[file].linkable && files_[file].fields == 1;
}

}  // namespace cppcgi::detail
