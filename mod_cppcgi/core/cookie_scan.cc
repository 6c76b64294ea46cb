#include "core/cookie_scan.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace cppcgi::detail {

std::size_t scan_cookies_plain(std::string_view text,
                               std::uint32_t* positions) noexcept {
    std::size_t count = 0;
    bool in_name = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == ';') {
            in_name = true;
        } else if (text[i] == '=' && in_name) {
            in_name = false;
        } else {
            continue;
        }
        positions[count++] = static_cast<std::uint32_t>(i);
    }
    return count;
}

#if defined(__x86_64__)

namespace {

#define CPPCGI_AVX2 __attribute__((target("avx2,bmi,popcnt")))

// One bit per byte of 64.
struct Masks {
    std::uint64_t semicolons;
    std::uint64_t equals;
};

CPPCGI_AVX2 std::uint64_t mask(__m256i low, __m256i high, __m256i character) {
    const auto a = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, character));
    const auto b = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, character));
    return static_cast<std::uint32_t>(a) |
           static_cast<std::uint64_t>(static_cast<std::uint32_t>(b)) << 32;
}

CPPCGI_AVX2 Masks masks_of(const char* block) {
    const auto* vectors = reinterpret_cast<const __m256i*>(block);
    const __m256i low = _mm256_loadu_si256(vectors);
    const __m256i high = _mm256_loadu_si256(vectors + 1);
    return {mask(low, high, _mm256_set1_epi8(';')),
            mask(low, high, _mm256_set1_epi8('='))};
}

// The last, short block: the end of the text once more, or a copy of a short text.
CPPCGI_AVX2 Masks last_masks(std::string_view text, std::size_t rest) {
    if (text.size() < 64) {
        char block[64] = {};
        std::memcpy(block, text.data(), text.size());
        return masks_of(block);
    }
    const Masks masks = masks_of(text.data() + text.size() - 64);
    return {masks.semicolons >> (64 - rest), masks.equals >> (64 - rest)};
}

// Keeps of the equals signs those that are the first of their item. An item starts behind
// a semicolon; adding its start to the run of other characters carries into the bit that
// ends the run, in all items at once.
class FirstEquals {
public:
    std::uint64_t operator()(const Masks& masks) {
        const std::uint64_t ends = masks.semicolons | masks.equals;
        const std::uint64_t starts = masks.semicolons << 1 | start_;
        start_ = masks.semicolons >> 63;
        unsigned long long sum = 0;
        start_ |= __builtin_uaddll_overflow(starts, ~ends, &sum);
        return sum & ends;
    }

private:
    std::uint64_t start_ = 1;  // whether the next block's first bit starts an item
};

CPPCGI_AVX2 inline std::size_t append_positions(std::uint64_t bits, std::size_t base,
                                                std::uint32_t* out) {
    const auto count = static_cast<std::size_t>(_mm_popcnt_u64(bits));
    // Four at a time, also when there are fewer: a loop that stops exactly would be
    // predicted wrongly once a block.
    for (std::size_t done = 0; done < count; done += 4) {
        for (std::size_t i = 0; i < 4; ++i) {
            out[done + i] = static_cast<std::uint32_t>(base + _tzcnt_u64(bits));
            bits = _blsr_u64(bits);
        }
    }
    return count;
}

CPPCGI_AVX2 std::size_t scan_cookies_avx2(std::string_view text,
                                          std::uint32_t* positions) {
    FirstEquals first_equals;
    std::size_t count = 0;
    std::size_t base = 0;
    for (; text.size() - base >= 64; base += 64) {
        const Masks masks = masks_of(text.data() + base);
        count += append_positions(first_equals(masks) | masks.semicolons, base,
                                  positions + count);
    }
    if (base == text.size()) return count;
    const Masks masks = last_masks(text, text.size() - base);
    return count + append_positions(first_equals(masks) | masks.semicolons, base,
                                    positions + count);
}

#undef CPPCGI_AVX2

}  // namespace

std::size_t scan_cookies(std::string_view text, std::uint32_t* positions) noexcept {
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("popcnt")) {
        return scan_cookies_avx2(text, positions);
    }
    return scan_cookies_plain(text, positions);
}

#else

std::size_t scan_cookies(std::string_view text, std::uint32_t* positions) noexcept {
    return scan_cookies_plain(text, positions);
}

#endif

}  // namespace cppcgi::detail
