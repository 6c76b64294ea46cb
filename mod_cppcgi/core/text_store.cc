#include "core/text_store.h"

#include <algorithm>
#include <cstring>

namespace cppcgi::detail {
namespace {

// What decoders may write behind the end of their text.
constexpr std::size_t slack = 40;

}  // namespace

void TextStore::expect(std::uint64_t size) {
    if (size > max_memory_) return;
    capacity_ = static_cast<std::size_t>(size) + slack;
    memory_ = arena_.take(capacity_);
}

Result<char*> TextStore::room(std::size_t size) {
    if (!spooled_ && size_ + size > max_memory_) {
        const Result<Spool::Place> place = spool_.begin();
        if (!place) return place.fault();
        place_ = *place;
        const auto used = static_cast<std::size_t>(size_);
        if (Fault fault = spool_.append({memory_, used})) return fault;
        spooled_ = true;
        if (capacity_ < most + slack) {
            capacity_ = most + slack;
            grown_ = false;
            memory_ = arena_.take(capacity_);
        }
    }
    if (spooled_) return memory_;
    const auto used = static_cast<std::size_t>(size_);
    if (capacity_ < used + size + slack) {
        const std::size_t wanted = std::max(capacity_ * 2, used + size + slack);
        char* const larger = arena_.resize(grown_ ? memory_ : nullptr, wanted);
        if (!grown_ && used != 0) std::memcpy(larger, memory_, used);
        grown_ = true;
        memory_ = larger;
        capacity_ = wanted;
    }
    return memory_ + used;
}

Fault TextStore::wrote(std::size_t size) {
    size_ += size;
    return spooled_ ? spool_.append({memory_, size}) : Fault{};
}

Result<const char*> TextStore::text() {
    if (!spooled_) {
        arena_.shrink(memory_, capacity_, static_cast<std::size_t>(size_));
        return const_cast<const char*>(memory_);
    }
    const Result<const char*> mapped = spool_.map(place_.file);
    if (!mapped) return mapped;
    return *mapped + place_.offset;
}

}  // namespace cppcgi::detail
