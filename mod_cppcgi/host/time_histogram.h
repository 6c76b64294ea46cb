// How long calls took, in buckets that grow with the time: eight to each doubling, so that
// a quantile is known to an eighth. Lives in shared memory; any thread may count.
#ifndef CPPCGI_HOST_TIME_HISTOGRAM_H
#define CPPCGI_HOST_TIME_HISTOGRAM_H

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace cppcgi::host {

class TimeHistogram {
public:
    // Microseconds up to 8 have a bucket each; the last bucket takes all above an hour.
    static constexpr std::size_t bucket_count = 240;
    using Counts = std::array<std::uint64_t, bucket_count>;

    // A time belongs to the first bucket whose bound it does not exceed. Parts of a
    // microsecond count as a whole one.
    static constexpr std::size_t bucket_of(std::uint64_t nanoseconds) noexcept {
        const std::uint64_t micros = (nanoseconds + 999) / 1000;
        if (micros <= 8) return micros == 0 ? 0 : micros - 1;
        const auto shift = static_cast<unsigned>(std::bit_width(micros - 1)) - 4;
        const std::size_t bucket = shift * 8 + ((micros - 1) >> shift);
        return bucket < bucket_count ? bucket : bucket_count - 1;
    }

    // The longest time of a bucket, in microseconds.
    static constexpr std::uint64_t bound_of(std::size_t bucket) noexcept {
        if (bucket < 8) return bucket + 1;
        const std::size_t shift = bucket / 8 - 1;
        return (std::uint64_t{bucket % 8 + 9} << shift);
    }

    void add(std::uint64_t nanoseconds) noexcept {
        buckets_[bucket_of(nanoseconds)].fetch_add(1, std::memory_order_relaxed);
    }

    void add_to(Counts& counts) const noexcept {
        for (std::size_t i = 0; i < bucket_count; ++i)
            counts[i] += buckets_[i].load(std::memory_order_relaxed);
    }

    // The bound in microseconds below which that share of the times lies; 0 of none.
    static std::uint64_t quantile(const Counts& counts, double share) noexcept {
        std::uint64_t all = 0;
        for (const std::uint64_t count : counts) all += count;
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < bucket_count; ++i) {
            seen += counts[i];
            if (seen != 0 &&
                static_cast<double>(seen) >= share * static_cast<double>(all))
                return bound_of(i);
        }
        return 0;
    }

private:
    std::array<std::atomic<std::uint64_t>, bucket_count> buckets_;
};

}  // namespace cppcgi::host

#endif
