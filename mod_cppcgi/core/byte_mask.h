// Where a byte stands in a block of text, as a bit per byte. SSE2, which every x86-64
// has, and a plain loop elsewhere; both give the same.
#ifndef CPPCGI_CORE_BYTE_MASK_H
#define CPPCGI_CORE_BYTE_MASK_H

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace cppcgi::detail {

// Bit i is set when text[i] is `byte`; reads `Size` bytes, 16 or 64.
template <std::size_t Size>
inline std::uint64_t byte_mask_plain(const char* text, char byte) noexcept {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < Size; ++i) {
        mask |= static_cast<std::uint64_t>(text[i] == byte) << i;
    }
    return mask;
}

template <std::size_t Size>
inline std::uint64_t byte_mask(const char* text, char byte) noexcept {
#if defined(__SSE2__)
    const __m128i wanted = _mm_set1_epi8(byte);
    std::uint64_t mask = 0;
    // g++ leaves this a loop at -O2, and the header of 25 cookies takes twice the time.
#pragma GCC unroll 4
    for (std::size_t i = 0; i < Size; i += 16) {
        __m128i bytes;
        std::memcpy(&bytes, text + i, sizeof bytes);
        const int equal = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted));
        mask |= static_cast<std::uint64_t>(static_cast<unsigned>(equal)) << i;
    }
    return mask;
#else
    return byte_mask_plain<Size>(text, byte);
#endif
}

// Calls `visit` with the position of every `byte` in `text`, in order.
template <class Visit>
inline void for_each_byte(std::string_view text, char byte, Visit visit) {
    constexpr std::size_t block = 64;
    const auto visit_all = [&visit](std::uint64_t mask, std::size_t base) {
        for (; mask != 0; mask &= mask - 1) {
            visit(base + static_cast<std::size_t>(std::countr_zero(mask)));
        }
    };
    std::size_t base = 0;
    for (; text.size() - base >= block; base += block) {
        visit_all(byte_mask<block>(text.data() + base, byte), base);
    }
    const std::size_t rest = text.size() - base;
    if (rest == 0) return;
    if (base != 0) {
        // The last 64 bytes once more, without those that were seen.
        visit_all(
            byte_mask<block>(text.data() + text.size() - block, byte) >> (block - rest),
            base);
        return;
    }
    char copy[block] = {};
    std::memcpy(copy, text.data(), rest);
    const std::uint64_t valid = (std::uint64_t{1} << rest) - 1;
    visit_all(byte_mask<block>(copy, byte) & valid, 0);
}

// The position of the first `byte` in text[begin, end), or end: for what is mostly found
// within 16 bytes.
inline std::size_t find_near(std::string_view text, char byte, std::size_t begin,
                             std::size_t end) noexcept {
    if (text.size() - begin >= 16) [[likely]] {
        const std::uint64_t mask = byte_mask<16>(text.data() + begin, byte);
        if (mask != 0) [[likely]] {
            const auto found = begin + static_cast<std::size_t>(std::countr_zero(mask));
            return found < end ? found : end;
        }
        begin += 16;
    }
    if (begin >= end) return end;
    const void* found = std::memchr(text.data() + begin, byte, end - begin);
    if (found == nullptr) return end;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace cppcgi::detail

#endif
