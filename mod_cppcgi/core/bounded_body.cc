#include "core/bounded_body.h"

#include <algorithm>

namespace cppcgi::detail {

BoundedBody::BoundedBody(const FormInput& input, const Limits& limits,
                         const FormOptions& options)
    : source_(input.body),
      length_(input.content_length),
      most_(limits.max_body),
      too_large_{errc::max_body, limits.max_body},
      limit_(options.limit) {
    if (options.maxlen != 0 && options.maxlen < most_) {
        most_ = options.maxlen;
        too_large_ = {errc::maxlen, options.maxlen};
    }
    if (length_ && *length_ > most_) fault_ = too_large_;
    if (length_ && limit_) length_ = std::min(*length_, *limit_);
}

Result<std::string_view> BoundedBody::next() {
    if (fault_) return fault_;
    if (source_ == nullptr || (limit_ && read_ >= *limit_)) return std::string_view();
    Result<std::string_view> got = source_->next();
    if (!got) {
        fault_ = got.fault();
        return got;
    }
    std::string_view slice = *got;
    const std::uint64_t room = most_ - read_;
    if (slice.size() > room) {
        fault_ = too_large_;
        if (room == 0) return fault_;
        slice = slice.substr(0, room);
    }
    if (limit_) slice = slice.substr(0, *limit_ - read_);
    read_ += slice.size();
    return slice;
}

}  // namespace cppcgi::detail
