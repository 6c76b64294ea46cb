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

bool can_follow(char c) {
    return c == '-' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool stands_at(const char* place, const char* end, const Needle& needle) {
    const char* const behind = place + needle.size;
    if (needle.whole && behind != end && !can_follow(*behind)) return false;
    return std::memcmp(place, needle.text, needle.size) == 0;
}

// Eight places at a time: a byte of `both` is zero where the first and the last byte of
// the needle fit.
const char* find_line_plain(const char* at, const char* end,
                            const Needle& needle) noexcept {
    const std::size_t reach = needle.size - 1;
    if (static_cast<std::size_t>(end - at) <= reach) return nullptr;
    constexpr std::uint64_t ones = 0x0101010101010101u;
    const std::uint64_t first = ones * static_cast<unsigned char>(needle.text[0]);
    const std::uint64_t last = ones * static_cast<unsigned char>(needle.text[reach]);
    const char* const stop = end - reach;
    if constexpr (std::endian::native == std::endian::little) {
        while (stop - at >= 8) {
            const std::uint64_t both =
                (load64(at) ^ first) | (load64(at + reach) ^ last);
            const std::uint64_t zero = (both - ones) & ~both & (ones << 7);
            if (zero == 0) {
                at += 8;
                continue;
            }
            at += std::countr_zero(zero) / 8;
            if (stands_at(at, end, needle)) return at;
            ++at;
        }
    }
    for (; at < stop; ++at) {
        if (*at == needle.text[0] && stands_at(at, end, needle)) return at;
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

// How many bytes at the end may be the beginning of an escape. A "%" is no digit, so
// nothing before them matters.
std::ptrdiff_t cut_off(const char* begin, const char* end) {
    if (end - begin >= 1 && end[-1] == '%') return 1;
    return end - begin >= 2 && end[-2] == '%' && hex_value(end[-1]) != no_digit ? 2 : 0;
}

void decode_form_plain(FormCursor& c, char separator) noexcept {
    bool high = false;
    const char* const stop = c.end - cut_off(c.in, c.end);
    while (c.in < stop && c.marks_end - c.marks > 0) {
        const char byte = *c.in;
        if (byte == '%' && stop - c.in >= 3 && hex_value(c.in[1]) != no_digit &&
            hex_value(c.in[2]) != no_digit) {
            const auto made =
                static_cast<char>(hex_value(c.in[1]) << 4 | hex_value(c.in[2]));
            high |= is_high(made);
            *c.out++ = made;
            c.in += 3;
            continue;
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

#define CPPCGI_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define CPPCGI_AVX2_INLINE CPPCGI_AVX2 __attribute__((always_inline)) inline

CPPCGI_AVX2_INLINE __m256i load(const char* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

CPPCGI_AVX2_INLINE std::uint32_t mask_of(__m256i bytes) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
}

CPPCGI_AVX2_INLINE bool same_32(const char* a, const char* b) {
    return mask_of(_mm256_cmpeq_epi8(load(a), load(b))) == ~0u;
}

// Vectors that overlap; the needle has three bytes at least.
CPPCGI_AVX2_INLINE bool same(const char* a, const char* b, std::size_t size) {
    if (size >= 32) {
        for (std::size_t i = 0; i + 32 < size; i += 32) {
            if (!same_32(a + i, b + i)) return false;
        }
        return same_32(a + size - 32, b + size - 32);
    }
    if (size >= 16) {
        const auto load_16 = [](const char* p) {
            return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
        };
        const __m128i front = _mm_cmpeq_epi8(load_16(a), load_16(b));
        const __m128i back =
            _mm_cmpeq_epi8(load_16(a + size - 16), load_16(b + size - 16));
        return _mm_movemask_epi8(_mm_and_si128(front, back)) == 0xffff;
    }
    if (size >= 8) {
        return ((load64(a) ^ load64(b)) |
                (load64(a + size - 8) ^ load64(b + size - 8))) == 0;
    }
    for (std::size_t i = 0; i < size; ++i) {
        if (a[i] != b[i]) return false;
    }
    return true;
}

// Which of 32 places have the needle's first and last byte.
CPPCGI_AVX2_INLINE __m256i both_ends(const char* at, std::size_t reach, __m256i first,
                                     __m256i last) {
    return _mm256_and_si256(_mm256_cmpeq_epi8(load(at), first),
                            _mm256_cmpeq_epi8(load(at + reach), last));
}

// Which of 32 places have dashes behind the line end, and behind the needle something
// that can follow it (or nearly: low bits 0, 9, a and d).
CPPCGI_AVX2_INLINE std::uint32_t refine(const char* at, const char* end,
                                        const Needle& needle) {
    const __m256i dash = _mm256_set1_epi8('-');
    const __m256i dashes = _mm256_and_si256(_mm256_cmpeq_epi8(load(at + 1), dash),
                                            _mm256_cmpeq_epi8(load(at + 2), dash));
    const char* const behind = at + needle.size;
    if (!needle.whole || end - behind < 32) return mask_of(dashes);
    const __m256i followers = _mm256_setr_epi8(
        ' ', -1, -1, -1, -1, -1, -1, -1, -1, '\t', '\n', -1, -1, '\r', -1, -1,  //
        ' ', -1, -1, -1, -1, -1, -1, -1, -1, '\t', '\n', -1, -1, '\r', -1, -1);
    const __m256i bytes = load(behind);
    const __m256i follows =
        _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(followers, bytes), bytes),
                        _mm256_cmpeq_epi8(bytes, dash));
    return mask_of(_mm256_and_si256(dashes, follows));
}

// The first of the places in `mask`, counted from `at`, where the needle stands. Where
// there are several, most are told from a match together.
CPPCGI_AVX2_INLINE const char* verify(const char* at, const char* end,
                                      std::uint32_t mask, const Needle& needle) {
    if ((mask & (mask - 1)) != 0) mask &= refine(at, end, needle);
    for (; mask != 0; mask &= mask - 1) {
        const char* const place = at + std::countr_zero(mask);
        const char* const behind = place + needle.size;
        if (needle.whole && behind != end && !can_follow(*behind)) continue;
        if (same(place, needle.text, needle.size)) return place;
    }
    return nullptr;
}

CPPCGI_AVX2 const char* find_line_blocks(const char* at, const char* end,
                                         const Needle& needle) {
    const std::size_t reach = needle.size - 1;
    const __m256i first = _mm256_set1_epi8(needle.text[0]);
    const __m256i last = _mm256_set1_epi8(needle.text[reach]);
    const char* const stop = end - reach;  // behind the last place that can match
    for (; stop - at >= 128; at += 128) {
        const __m256i parts[4] = {both_ends(at, reach, first, last),
                                  both_ends(at + 32, reach, first, last),
                                  both_ends(at + 64, reach, first, last),
                                  both_ends(at + 96, reach, first, last)};
        const __m256i any = _mm256_or_si256(_mm256_or_si256(parts[0], parts[1]),
                                            _mm256_or_si256(parts[2], parts[3]));
        if (_mm256_testz_si256(any, any)) continue;
        for (int i = 0; i < 4; ++i) {
            const std::uint32_t mask = mask_of(parts[i]);
            if (mask == 0) continue;
            if (const char* found = verify(at + 32 * i, end, mask, needle))
                return found;
        }
    }
    for (; at < stop; at += 32) {
        // The last vector overlaps places that are known not to match.
        if (stop - at < 32) at = stop - 32;
        const std::uint32_t mask = mask_of(both_ends(at, reach, first, last));
        if (mask == 0) continue;
        if (const char* found = verify(at, end, mask, needle)) return found;
    }
    return nullptr;
}

const char* find_line_avx2(const char* at, const char* end,
                           const Needle& needle) noexcept {
    if (static_cast<std::size_t>(end - at) < needle.size + 31) {
        return find_line_plain(at, end, needle);
    }
    return find_line_blocks(at, end, needle);
}

// Notes the marks of 32 bytes, of which `equals` are "=".
CPPCGI_AVX2_INLINE void note(FormCursor& c, std::uint32_t offset, std::uint32_t marks,
                             std::uint32_t equals) {
    for (; marks != 0; marks &= marks - 1) {
        const auto index = static_cast<std::uint32_t>(std::countr_zero(marks));
        *c.marks++ = (offset + index) | (equals >> index) << 31;
    }
}

// Whole blocks up to the one that holds a "%" or "+".
CPPCGI_AVX2 void mark_blocks(FormCursor& cursor, char separator) {
    FormCursor c = cursor;
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
            const std::uint32_t equals_a = mask_of(eq_a);
            const std::uint32_t equals_b = mask_of(eq_b);
            note(c, offset, mask_of(sep_a) | equals_a, equals_a);
            note(c, offset + 32, mask_of(sep_b) | equals_b, equals_b);
        }
        all = _mm256_or_si256(all, _mm256_or_si256(a, b));
        c.in += 64;
    }
    c.high |= mask_of(all) != 0;
    cursor = c;
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

CPPCGI_AVX2_INLINE char* put(char* out, __m128i eight, std::uint32_t keep) {
    const __m128i row = _mm_loadl_epi64(
        reinterpret_cast<const __m128i*>(gather_rows[keep & 0xff].data()));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_shuffle_epi8(eight, row));
    return out + std::popcount(keep & 0xff);
}

// What decoding compares with and adds.
struct FormVectors {
    struct alignas(32) Bytes {
        char bytes[32];
    };
    static constexpr Bytes all(int byte) {
        Bytes result{};
        for (char& one : result.bytes) one = static_cast<char>(byte);
        return result;
    }
    Bytes equals = all('='), percent = all('%'), plus = all('+'),
          to_space = all('+' ^ ' ');
    Bytes digits_up = all(0xff - '9'), six = all(6), digits_down = all(0xf0);
    Bytes upper_case = all(0xdf), letters_down = all('A'), ten = all(10);
    Bytes fifteen = all(15), upper_half = all(0xf0);
};
constexpr FormVectors form_vectors;

CPPCGI_AVX2_INLINE __m256i vector(const FormVectors::Bytes& bytes) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes.bytes));
}

// What each byte is worth as a hexadecimal digit, 16 and more where it is none (after
// Mula and Langdale). '0' to '9' go to the top of the range, where saturation tells them
// from the rest; so do letters from the bottom.
CPPCGI_AVX2_INLINE __m256i hex_digits(__m256i bytes, const FormVectors& v) {
    const __m256i up = _mm256_add_epi8(bytes, vector(v.digits_up));
    const __m256i digit =
        _mm256_sub_epi8(_mm256_subs_epu8(up, vector(v.six)), vector(v.digits_down));
    const __m256i upper = _mm256_and_si256(bytes, vector(v.upper_case));
    const __m256i letter =
        _mm256_adds_epu8(_mm256_sub_epi8(upper, vector(v.letters_down)), vector(v.ten));
    return _mm256_min_epu8(digit, letter);
}

struct Block {
    __m256i bytes, next, next_but_one;  // those one and two places behind
};

CPPCGI_AVX2_INLINE Block block_at(const char* in) {
    return {load(in), load(in + 1), load(in + 2)};
}

// The last 32 bytes of an input, with zeros behind them.
CPPCGI_AVX2_INLINE Block last_block(const char* end) {
    const __m256i bytes = load(end - 32);
    const __m256i upper = _mm256_permute2x128_si256(bytes, bytes, 0x81);
    return {bytes, _mm256_alignr_epi8(upper, bytes, 1),
            _mm256_alignr_epi8(upper, bytes, 2)};
}

// Writes those bytes of a block that `skip` does not have, which are behind what was
// written before. Returns the digits of an escape that lie behind the block.
CPPCGI_AVX2_INLINE std::uint32_t decode_block(FormCursor& c, const Block& block,
                                              __m256i separator, const FormVectors& v,
                                              std::uint32_t skip, __m256i& all) {
    const __m256i bytes = block.bytes;
    const std::uint32_t equals = mask_of(_mm256_cmpeq_epi8(bytes, vector(v.equals)));
    const std::uint32_t marks = mask_of(_mm256_cmpeq_epi8(bytes, separator)) | equals;
    const __m256i percent = _mm256_cmpeq_epi8(bytes, vector(v.percent));
    const __m256i plus = _mm256_cmpeq_epi8(bytes, vector(v.plus));
    __m256i text = _mm256_xor_si256(bytes, _mm256_and_si256(plus, vector(v.to_space)));
    const auto offset = static_cast<std::uint32_t>(c.out - c.base);
    if ((mask_of(percent) | skip) == 0) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(c.out), text);
        all = _mm256_or_si256(all, text);
        note(c, offset, marks, equals);
        c.out += 32;
        return 0;
    }
    const __m256i high = hex_digits(block.next, v);
    const __m256i low = hex_digits(block.next_but_one, v);
    const __m256i worst = _mm256_max_epu8(high, low);
    const __m256i escape = _mm256_and_si256(
        percent, _mm256_cmpeq_epi8(_mm256_max_epu8(worst, vector(v.fifteen)),
                                   vector(v.fifteen)));
    const __m256i made = _mm256_or_si256(
        _mm256_and_si256(_mm256_slli_epi16(high, 4), vector(v.upper_half)), low);
    text = _mm256_blendv_epi8(text, made, escape);
    all = _mm256_or_si256(all, text);
    const std::uint64_t escapes = mask_of(escape) & ~skip;
    const std::uint64_t digits = escapes << 1 | escapes << 2;
    const std::uint32_t dropped = static_cast<std::uint32_t>(digits) | skip;
    const std::uint32_t keep = ~dropped;
    const __m128i front = _mm256_castsi256_si128(text);
    const __m128i back = _mm256_extracti128_si256(text, 1);
    char* out = put(c.out, front, keep);
    out = put(out, _mm_srli_si128(front, 8), keep >> 8);
    out = put(out, back, keep >> 16);
    c.out = put(out, _mm_srli_si128(back, 8), keep >> 24);
    // The marks move as the bytes have.
    note(c, offset, _pext_u32(marks, keep), _pext_u32(equals, keep));
    return static_cast<std::uint32_t>(digits >> 32);
}

// All of 32 bytes and more, but an escape that the end cuts off; less when the marks are
// full.
CPPCGI_AVX2 void decode_blocks(FormCursor& cursor, char separator) {
    FormCursor c = cursor;
    const __m256i separators = _mm256_set1_epi8(separator);
    // Compilers would rather make such vectors anew in every round than load them.
    const FormVectors* v = &form_vectors;
    asm("" : "+r"(v));
    const auto has_room = [&c] {
        return c.marks_end - c.marks >= static_cast<std::ptrdiff_t>(marks_at_least);
    };
    const char* const begin = c.in;
    const char* const stop = c.end - cut_off(c.in, c.end);
    __m256i all = _mm256_setzero_si256();
    std::uint32_t skip = 0;
    for (; c.end - c.in >= 34 && has_room(); c.in += 32) {
        skip = decode_block(c, block_at(c.in), separators, *v, skip, all);
    }
    c.in += std::popcount(skip);
    // The rest is shorter: blocks that overlap with what has been written.
    while (c.in < stop && c.end - c.in < 34 && stop - begin >= 34 && has_room()) {
        const bool last = stop - c.in < 32;
        const char* const at = last ? stop - 32 : c.end - 34;
        const Block block = last ? last_block(stop) : block_at(at);
        skip = decode_block(c, block, separators, *v, (1u << (c.in - at)) - 1, all);
        c.in = at + 32 + std::popcount(skip);
    }
    c.high |= mask_of(all) != 0;
    cursor = c;
}

// What is left goes the plain way. Apart, because a compiler may forget to clean up the
// upper halves of the registers before it calls plain code from vector code, which then
// runs at a fraction of its speed.
void mark_form_avx2(FormCursor& c, char separator) noexcept {
    mark_blocks(c, separator);
    mark_form_plain(c, separator);
}

void decode_form_avx2(FormCursor& c, char separator) noexcept {
    decode_blocks(c, separator);
    if (c.end - c.in < 64) decode_form_plain(c, separator);
}

constinit const Kernels avx2 = {find_line_avx2, mark_form_avx2, decode_form_avx2};

}  // namespace
#endif

const Kernels& best() noexcept {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("popcnt")) {
        return avx2;
    }
#endif
    return plain;
}

}  // namespace cppcgi::scan
