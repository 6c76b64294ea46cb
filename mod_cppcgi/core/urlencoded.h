// A push parser for application/x-www-form-urlencoded, with Python's rules (cgi and
// urllib.parse.parse_qsl). Decoded bytes go to a buffer of the caller's, fields to its
// sink as offsets into all that was decoded. Used by one thread.
#ifndef CPPCGI_CORE_URLENCODED_H
#define CPPCGI_CORE_URLENCODED_H

#include <cppcgi/error.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/scan.h"

namespace cppcgi::detail {

struct UrlencodedRules {
    char separator = '&';
    bool keep_blank_values = false;
    bool strict_parsing = false;
    // Pieces that may come, empty and dropped ones counted.
    std::uint64_t max_pieces = UINT64_MAX;
    Fault too_many_pieces{errc::max_fields, 0};
    std::uint64_t max_field = UINT64_MAX;
};

// A field as offsets of decoded bytes: name [begin, equals), value [value, end).
struct UrlencodedField {
    std::uint64_t begin, equals, value, end;
};

bool is_separator(char c) noexcept;  // whether it can be one

// Sink has `Fault field(const UrlencodedField&)`.
template <class Sink>
class UrlencodedParser {
public:
    // What feed() and finish() may write beyond the size of their input.
    static constexpr std::size_t slack = 40;

    UrlencodedParser(const UrlencodedRules& rules, const scan::Kernels& kernels,
                     Sink& sink) noexcept
        : rules_(rules), kernels_(kernels), sink_(sink) {}

    // Decodes a chunk to `out` and returns the number of bytes written.
    std::size_t feed(std::string_view chunk, char* out);
    // Reads without writing as long as nothing has to be decoded; returns how much that
    // was. Only before feed(), with a chunk below 1 GB.
    std::size_t view(std::string_view chunk);
    std::size_t finish(char* out);

    Fault fault() const noexcept { return fault_; }
    // Whether a byte of 128 and above was met.
    bool high() const noexcept { return high_; }
    // So many pieces came, dropped ones included.
    std::uint64_t pieces() const noexcept { return pieces_; }

private:
    static constexpr std::uint64_t none = UINT64_MAX;
    static constexpr std::size_t most = std::size_t{1} << 30;
    using Marks = std::array<std::uint32_t, 256>;

    void decode(std::string_view& chunk, char*& out, const scan::Kernels& kernels);
    void take_marks(const std::uint32_t* begin, const std::uint32_t* end,
                    std::uint64_t base);
    Fault piece(std::uint64_t begin, std::uint64_t equals, std::uint64_t end);
    void check_open_piece();

    UrlencodedRules rules_;
    const scan::Kernels& kernels_;
    Sink& sink_;
    std::uint64_t total_ = 0;  // bytes decoded
    std::uint64_t begin_ = 0;  // of the current piece
    std::uint64_t equals_ = none;
    std::uint64_t pieces_ = 0;
    std::array<char, 4> held_{};  // an escape that the chunk's end cut off
    std::size_t held_size_ = 0;
    bool fed_ = false;
    bool high_ = false;
    Fault fault_;
};

// The piece [begin, end), whose first "=" is at `equals`, if there is one.
template <class Sink>
inline Fault UrlencodedParser<Sink>::piece(std::uint64_t begin, std::uint64_t equals,
                                           std::uint64_t end) {
    if (++pieces_ > rules_.max_pieces) [[unlikely]]
        return rules_.too_many_pieces;
    if (equals == none) {
        if (rules_.strict_parsing) return {errc::query_field, 0};
        if (begin == end || !rules_.keep_blank_values) return {};
        if (end - begin > rules_.max_field) return {errc::max_field, rules_.max_field};
        return sink_.field({begin, end, end, end});
    }
    if (std::max(equals - begin, end - equals - 1) > rules_.max_field) [[unlikely]] {
        return {errc::max_field, rules_.max_field};
    }
    if (equals + 1 == end && !rules_.keep_blank_values) return {};
    return sink_.field({begin, equals, equals + 1, end});
}

// The same bound for a piece whose end has not come yet, so that it cannot grow on.
template <class Sink>
void UrlencodedParser<Sink>::check_open_piece() {
    if (fault_) return;
    const std::uint64_t open = equals_ == none
                                   ? total_ - begin_
                                   : std::max(equals_ - begin_, total_ - equals_ - 1);
    if (open > rules_.max_field) fault_ = {errc::max_field, rules_.max_field};
}

template <class Sink>
void UrlencodedParser<Sink>::take_marks(const std::uint32_t* begin,
                                        const std::uint32_t* end, std::uint64_t base) {
    // Not in members while the sink writes, which might be to them as far as a compiler
    // knows.
    std::uint64_t piece_begin = begin_;
    std::uint64_t equals = equals_;
    for (; begin != end; ++begin) {
        const std::uint64_t at = base + (*begin & ~scan::equals_mark);
        if ((*begin & scan::equals_mark) != 0) {
            if (equals == none) equals = at;
            continue;
        }
        if (const Fault fault = piece(piece_begin, equals, at)) [[unlikely]] {
            fault_ = fault;
            break;
        }
        piece_begin = at + 1;
        equals = none;
    }
    begin_ = piece_begin;
    equals_ = equals;
}

// Decodes all of the chunk but an escape that its end cuts off.
template <class Sink>
void UrlencodedParser<Sink>::decode(std::string_view& chunk, char*& out,
                                    const scan::Kernels& kernels) {
    Marks marks;
    const char* const base = out;
    scan::FormCursor cursor{chunk.data(), chunk.data() + chunk.size(), out,  base,
                            nullptr,      marks.data() + marks.size(), false};
    for (;;) {
        const char* const before = cursor.in;
        cursor.marks = marks.data();
        kernels.decode_form(cursor, rules_.separator);
        take_marks(marks.data(), cursor.marks, total_);
        if (fault_ || cursor.in == cursor.end || cursor.in == before) break;
    }
    high_ |= cursor.high;
    total_ += static_cast<std::uint64_t>(cursor.out - base);
    out = cursor.out;
    chunk.remove_prefix(static_cast<std::size_t>(cursor.in - chunk.data()));
}

template <class Sink>
std::size_t UrlencodedParser<Sink>::feed(std::string_view chunk, char* out) {
    char* const begin = out;
    fed_ |= !chunk.empty();
    while (!chunk.empty() && !fault_) {
        if (held_size_ != 0) {
            const std::size_t take = std::min(chunk.size(), 3 - held_size_);
            std::memcpy(held_.data() + held_size_, chunk.data(), take);
            std::string_view joined(held_.data(), held_size_ + take);
            decode(joined, out, scan::plain);
            if (joined.size() > take) {
                std::memmove(held_.data(), joined.data(), joined.size());
                held_size_ = joined.size();
                break;
            }
            held_size_ = 0;
            chunk.remove_prefix(take - joined.size());
            continue;
        }
        std::string_view piece = chunk.substr(0, most);
        const std::size_t size = piece.size();
        decode(piece, out, kernels_);
        chunk.remove_prefix(size - piece.size());
        if (piece.size() != chunk.size()) continue;
        std::memcpy(held_.data(), chunk.data(), chunk.size() < 3 ? chunk.size() : 0);
        held_size_ = chunk.size();
        break;
    }
    check_open_piece();
    return static_cast<std::size_t>(out - begin);
}

template <class Sink>
std::size_t UrlencodedParser<Sink>::view(std::string_view chunk) {
    fed_ |= !chunk.empty();
    Marks marks;
    scan::FormCursor cursor{
        chunk.data(), chunk.data() + chunk.size(), nullptr, chunk.data(),
        nullptr,      marks.data() + marks.size(), false};
    for (;;) {
        const char* const before = cursor.in;
        cursor.marks = marks.data();
        kernels_.mark_form(cursor, rules_.separator);
        take_marks(marks.data(), cursor.marks, 0);
        if (fault_ || cursor.in == cursor.end || cursor.in == before) break;
    }
    high_ |= cursor.high;
    total_ = static_cast<std::uint64_t>(cursor.in - chunk.data());
    check_open_piece();
    return static_cast<std::size_t>(total_);
}

template <class Sink>
std::size_t UrlencodedParser<Sink>::finish(char* out) {
    if (fault_) return 0;
    // What an escape began with, and the end did not let it become one.
    const std::size_t held = held_size_;
    std::memcpy(out, held_.data(), held);
    total_ += held;
    held_size_ = 0;
    if (fed_) fault_ = piece(begin_, equals_, total_);
    return held;
}

}  // namespace cppcgi::detail

#endif
