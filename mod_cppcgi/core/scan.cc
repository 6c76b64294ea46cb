#include "core/scan.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace cppcgi::scan {
namespace {

constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> hex_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (unsigned i = 0; i < 10; ++i) values['0' + i] = static_cast<std::uint8_t>(i);
    for (unsigned i = 0; i < 6; ++i) {
        values['a' + i] = values['A' + i] = static_cast<std::uint8_t>(10 + i);
    }
    return values;
}();

std::uint8_t hex_value(char c) { return hex_values[static_cast<unsigned char>(c)]; }

bool is_high(char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; }

std::uint64_t load64(const char* p) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    return word;
}

// Eight places at a time: a byte of `both` is zero where the first and the last byte of
// the needle fit.
const char* find_line_plain(const char* at, const char* end, const char* needle,
                            std::size_t size) noexcept {
    if (static_cast<std::size_t>(end - at) < size) return nullptr;
    constexpr std::uint64_t ones = 0x0101010101010101u;
    const std::uint64_t first = ones * static_cast<unsigned char>(needle[0]);
    const std::uint64_t last = ones * static_cast<unsigned char>(needle[size - 1]);
    const char* const stop = end - size + 1;
    if constexpr (std::endian::native == std::endian::little) {
        while (stop - at >= 8) {
            const std::uint64_t both =
                (load64(at) ^ first) | (load64(at + size - 1) ^ last);
            const std::uint64_t zero = (both - ones) & ~both & (ones << 7);
            if (zero == 0) {
                at += 8;
                continue;
            }
            at += std::countr_zero(zero) / 8;
            if (std::memcmp(at, needle, size) == 0) return at;
            ++at;
        }
    }
    for (; at < stop; ++at) {
        if (*at == needle[0] && std::memcmp(at, needle, size) == 0) return at;
    }
    return nullptr;
}

void mark_form_plain(FormCursor& c, char separator) noexcept {
    bool high = false;
    for (; c.in < c.end && c.marks_end - c.marks > 0; ++c.in) {
        const char byte = *c.in;
        if (byte == '%' || byte == '+') break;
        high |= is_high(byte);
        if (byte != separator && byte != '=') continue;
        const auto offset = static_cast<std::uint32_t>(c.in - c.base);
        *c.marks++ = byte == separator ? offset : offset | equals_mark;
    }
    c.high |= high;
}

void decode_form_plain(FormCursor& c, char separator) noexcept {
    bool high = false;
    while (c.in < c.end && c.marks_end - c.marks > 0) {
        char byte = *c.in;
        if (byte == '%' && byte != separator) {
            if (c.end - c.in < 3) {
                const bool could_be =
                    c.end - c.in == 1 || hex_value(c.in[1]) != no_digit;
                if (could_be) break;
            } else if (hex_value(c.in[1]) != no_digit &&
                       hex_value(c.in[2]) != no_digit) {
                byte = static_cast<char>(hex_value(c.in[1]) << 4 | hex_value(c.in[2]));
                c.in += 2;
                high |= is_high(byte);
                *c.out++ = byte;
                ++c.in;
                continue;
            }
        }
        if (byte == separator || byte == '=') {
            const auto offset = static_cast<std::uint32_t>(c.out - c.base);
            *c.marks++ = byte == separator ? offset : offset | equals_mark;
        }
        high |= is_high(byte);
        *c.out++ = byte == '+' ? ' ' : byte;
        ++c.in;
    }
    c.high |= high;
}

}  // namespace

constinit const Kernels plain = {find_line_plain, mark_form_plain, decode_form_plain};

#if defined(__x86_64__)
namespace {

#define CPPCGI_AVX2 __attribute__((target("avx2,bmi,popcnt")))

CPPCGI_AVX2 inline __m256i load(const char* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

CPPCGI_AVX2 inline std::uint32_t mask_of(__m256i bytes) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
}

struct Needle {
    const char* text;
    std::size_t size;
};

// The first of the places in `mask`, counted from `at`, where the whole needle stands.
CPPCGI_AVX2 inline const char* verify(const char* at, std::uint32_t mask,
                                      Needle needle) {
    for (; mask != 0; mask &= mask - 1) {
        const char* place = at + std::countr_zero(mask);
        if (std::memcmp(place, needle.text, needle.size) == 0) return place;
    }
    return nullptr;
}

CPPCGI_AVX2 inline __m256i both_ends(const char* at, std::size_t reach, __m256i first,
                                     __m256i last) {
    return _mm256_and_si256(_mm256_cmpeq_epi8(load(at), first),
                            _mm256_cmpeq_epi8(load(at + reach), last));
}

CPPCGI_AVX2 const char* find_line_avx2(const char* at, const char* end,
                                       const char* text, std::size_t size) noexcept {
    const Needle needle{text, size};
    const std::size_t reach = size - 1;
    if (static_cast<std::size_t>(end - at) < size + 31) {
        return find_line_plain(at, end, text, size);
    }
    const __m256i first = _mm256_set1_epi8(text[0]);
    const __m256i last = _mm256_set1_epi8(text[reach]);
    const char* const stop = end - reach;  // behind the last place that can match
    for (; stop - at >= 128; at += 128) {
        const __m256i a = both_ends(at, reach, first, last);
        const __m256i b = both_ends(at + 32, reach, first, last);
        const __m256i c = both_ends(at + 64, reach, first, last);
        const __m256i d = both_ends(at + 96, reach, first, last);
        const __m256i any =
            _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));
        if (_mm256_testz_si256(any, any)) continue;
        if (const char* found = verify(at, mask_of(a), needle)) return found;
        if (const char* found = verify(at + 32, mask_of(b), needle)) return found;
        if (const char* found = verify(at + 64, mask_of(c), needle)) return found;
        if (const char* found = verify(at + 96, mask_of(d), needle)) return found;
    }
    for (; stop - at >= 32; at += 32) {
        const std::uint32_t mask = mask_of(both_ends(at, reach, first, last));
        if (const char* found = verify(at, mask, needle)) return found;
    }
    // The last vector overlaps places that are known not to match.
    if (at == stop) return nullptr;
    at = stop - 32;
    return verify(at, mask_of(both_ends(at, reach, first, last)), needle);
}

struct Marker {
    __m256i separator, equals;
};

// Notes the marks of 32 bytes. Bytes in `dropped` are not written, so what stands behind
// them moves to the front.
CPPCGI_AVX2 inline void note(FormCursor& c, std::uint32_t offset,
                             std::uint32_t separators, std::uint32_t equals,
                             std::uint32_t dropped) {
    for (std::uint32_t rest = separators | equals; rest != 0; rest &= rest - 1) {
        const auto index = static_cast<std::uint32_t>(std::countr_zero(rest));
        const std::uint32_t before = dropped & ((1u << index) - 1);
        const auto moved = static_cast<std::uint32_t>(std::popcount(before));
        const bool equal = (separators >> index & 1) == 0;
        *c.marks++ = (offset + index - moved) | (equal ? equals_mark : 0);
    }
}

CPPCGI_AVX2 void mark_form_avx2(FormCursor& c, char separator) noexcept {
    const __m256i separators = _mm256_set1_epi8(separator);
    const __m256i equal_signs = _mm256_set1_epi8('=');
    const __m256i percents = _mm256_set1_epi8('%');
    const __m256i pluses = _mm256_set1_epi8('+');
    __m256i all = _mm256_setzero_si256();
    while (c.end - c.in >= 64 &&
           c.marks_end - c.marks >= static_cast<std::ptrdiff_t>(marks_at_least)) {
        const __m256i a = load(c.in);
        const __m256i b = load(c.in + 32);
        const __m256i sep_a = _mm256_cmpeq_epi8(a, separators);
        const __m256i sep_b = _mm256_cmpeq_epi8(b, separators);
        const __m256i eq_a = _mm256_cmpeq_epi8(a, equal_signs);
        const __m256i eq_b = _mm256_cmpeq_epi8(b, equal_signs);
        const __m256i stop =
            _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(a, percents),
                                            _mm256_cmpeq_epi8(a, pluses)),
                            _mm256_or_si256(_mm256_cmpeq_epi8(b, percents),
                                            _mm256_cmpeq_epi8(b, pluses)));
        const __m256i marks =
            _mm256_or_si256(_mm256_or_si256(sep_a, eq_a), _mm256_or_si256(sep_b, eq_b));
        const __m256i any = _mm256_or_si256(stop, marks);
        if (!_mm256_testz_si256(any, any)) {
            if (!_mm256_testz_si256(stop, stop)) break;
            const auto offset = static_cast<std::uint32_t>(c.in - c.base);
            note(c, offset, mask_of(sep_a), mask_of(eq_a), 0);
            note(c, offset + 32, mask_of(sep_b), mask_of(eq_b), 0);
        }
        all = _mm256_or_si256(all, _mm256_or_si256(a, b));
        c.in += 64;
    }
    c.high |= mask_of(all) != 0;
    // What is left is shorter than 64 bytes, or holds the "%" or "+".
    FormCursor rest = c;
    mark_form_plain(rest, separator);
    c = rest;
}

// Row m gathers the bytes of eight whose bit in m is set.
constexpr std::array<std::array<std::uint8_t, 8>, 256> gather_rows = [] {
    std::array<std::array<std::uint8_t, 8>, 256> rows{};
    for (unsigned m = 0; m < 256; ++m) {
        unsigned n = 0;
        for (unsigned bit = 0; bit < 8; ++bit) {
            if ((m >> bit & 1) != 0) rows[m][n++] = static_cast<std::uint8_t>(bit);
        }
        while (n < 8) rows[m][n++] = 0x80;
    }
    return rows;
}();

CPPCGI_AVX2 inline char* put(char* out, __m128i eight, std::uint32_t keep) {
    const __m128i row = _mm_loadl_epi64(
        reinterpret_cast<const __m128i*>(gather_rows[keep & 0xff].data()));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_shuffle_epi8(eight, row));
    return out + std::popcount(keep & 0xff);
}

// The digits' values; `valid` is all ones where there is a digit.
CPPCGI_AVX2 inline __m256i hex_digits(__m256i bytes, __m256i& valid) {
    const __m256i digit = _mm256_sub_epi8(bytes, _mm256_set1_epi8('0'));
    const __m256i letter = _mm256_sub_epi8(
        _mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('a'));
    const __m256i is_digit =
        _mm256_cmpeq_epi8(_mm256_min_epu8(digit, _mm256_set1_epi8(9)), digit);
    const __m256i is_letter =
        _mm256_cmpeq_epi8(_mm256_min_epu8(letter, _mm256_set1_epi8(5)), letter);
    valid = _mm256_or_si256(is_digit, is_letter);
    return _mm256_blendv_epi8(_mm256_add_epi8(letter, _mm256_set1_epi8(10)), digit,
                              is_digit);
}

// The 32 bytes at `in`, of which 34 can be read. `skip` are the bytes that belong to an
// escape of the 32 bytes before; returns those of this one that reach beyond.
CPPCGI_AVX2 inline std::uint32_t decode_32(FormCursor& c, const char* in, Marker marker,
                                           std::uint32_t skip, std::uint32_t use,
                                           __m256i& all) {
    const __m256i bytes = load(in);
    const std::uint32_t separators =
        mask_of(_mm256_cmpeq_epi8(bytes, marker.separator)) & use;
    const std::uint32_t equals = mask_of(_mm256_cmpeq_epi8(bytes, marker.equals)) & use;
    const __m256i percent = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('%'));
    __m256i text = _mm256_blendv_epi8(bytes, _mm256_set1_epi8(' '),
                                      _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('+')));
    const auto offset = static_cast<std::uint32_t>(c.out - c.base);
    if (_mm256_testz_si256(percent, percent) && skip == 0 && use == ~0u) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(c.out), text);
        all = _mm256_or_si256(all, text);
        note(c, offset, separators, equals, 0);
        c.out += 32;
        return 0;
    }
    __m256i valid_high, valid_low;
    const __m256i high = hex_digits(load(in + 1), valid_high);
    const __m256i low = hex_digits(load(in + 2), valid_low);
    const __m256i escape =
        _mm256_and_si256(percent, _mm256_and_si256(valid_high, valid_low));
    const __m256i upper =
        _mm256_and_si256(_mm256_slli_epi16(high, 4), _mm256_set1_epi8('\xf0'));
    const __m256i made = _mm256_or_si256(upper, low);
    text = _mm256_blendv_epi8(text, made, escape);
    const std::uint64_t escapes = mask_of(escape) & use;
    const std::uint64_t digits = escapes << 1 | escapes << 2 | skip;
    const auto dropped = static_cast<std::uint32_t>(digits) | ~use;
    const std::uint32_t keep = ~dropped;
    // Dropped bytes are ASCII, and digits behind an escape never are marks.
    all = _mm256_or_si256(all, text);
    char* out = c.out;
    const __m128i front = _mm256_castsi256_si128(text);
    const __m128i back = _mm256_extracti128_si256(text, 1);
    out = put(out, front, keep);
    out = put(out, _mm_srli_si128(front, 8), keep >> 8);
    out = put(out, back, keep >> 16);
    out = put(out, _mm_srli_si128(back, 8), keep >> 24);
    note(c, offset, separators, equals, dropped);
    c.out = out;
    return static_cast<std::uint32_t>(digits >> 32);
}

CPPCGI_AVX2 void decode_form_avx2(FormCursor& c, char separator) noexcept {
    const Marker marker{_mm256_set1_epi8(separator), _mm256_set1_epi8('=')};
    __m256i all = _mm256_setzero_si256();
    std::uint32_t skip = 0;
    while (c.end - c.in >= 34 &&
           c.marks_end - c.marks >= static_cast<std::ptrdiff_t>(marks_at_least)) {
        skip = decode_32(c, c.in, marker, skip, ~0u, all);
        c.in += 32;
    }
    c.high |= mask_of(all) != 0;
    c.in += std::popcount(skip);
    if (c.end - c.in < 34) decode_form_plain(c, separator);
}

constinit const Kernels avx2 = {find_line_avx2, mark_form_avx2, decode_form_avx2};

}  // namespace
#endif

const Kernels& best() noexcept {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("popcnt")) {
        return avx2;
    }
#endif
    return plain;
}

}  // namespace cppcgi::scan
