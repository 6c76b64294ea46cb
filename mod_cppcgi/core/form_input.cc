#include <cppcgi/form_input.h>

#include <algorithm>

namespace cppcgi {

BodySource::~BodySource() = default;
MemoryBody::~MemoryBody() = default;
StreamBody::~StreamBody() = default;

Result<std::string_view> MemoryBody::next() {
    const std::string_view slice = rest_.substr(0, slice_);
    rest_.remove_prefix(slice.size());
    return slice;
}

Result<std::string_view> StreamBody::next() {
    constexpr std::size_t block_size = 64u << 10;
    if (!block_) block_.reset(new char[block_size]);
    if (stream_->bad()) return errc::body_failed;
    if (!*stream_) return std::string_view();
    stream_->read(block_.get(), block_size);
    if (stream_->bad()) return errc::body_failed;
    return std::string_view(block_.get(), static_cast<std::size_t>(stream_->gcount()));
}

}  // namespace cppcgi
