// The inner loops of the form parsers: they find positions and rewrite bytes, and never
// decide what is an error. One contract, kept by plain C++ and by AVX2 alike; best() is
// what this CPU can run. No state; any thread.
#ifndef CPPCGI_CORE_SCAN_H
#define CPPCGI_CORE_SCAN_H

#include <cstddef>
#include <cstdint>

namespace cppcgi::scan {

// Where a form's text is being read from and written to. `marks` gets the offset from
// `base` of every raw separator and "=" in what was written (or, when nothing is written,
// read); an "=" has its top bit set.
struct FormCursor {
    const char* in;
    const char* end;
    char* out;         // room for end - in, and 32 bytes more
    const char* base;  // at most 1 GB before out
    std::uint32_t* marks;
    std::uint32_t* marks_end;
    bool high;  // set when a byte of 128 and above was met or made
};

constexpr std::uint32_t equals_mark = 0x80000000u;
// A call stops while there is room for fewer marks than this.
constexpr std::size_t marks_at_least = 64;

// A line to look for: LF, then no second one, so that places cannot overlap.
struct Needle {
    const char* text;
    std::size_t size;
    // Whether a delimiter's rest has to follow: the input's end, "-", white space or a
    // line end.
    bool whole;
};

struct Kernels {
    // The first place in [at, end) where the needle stands, or nullptr.
    const char* (*find_line)(const char* at, const char* end,
                             const Needle& needle) noexcept;

    // Moves `in` forward, noting marks, to the first "%" or "+", the end, or until the
    // marks are full. Writes nothing; marks count from `base` in the input.
    void (*mark_form)(FormCursor& cursor, char separator) noexcept;

    // Writes the input with "+" as space and %XX as the byte it stands for, up to the end
    // or until the marks are full; an escape that the end cuts off is left unread.
    void (*decode_form)(FormCursor& cursor, char separator) noexcept;
};

extern const Kernels plain;
const Kernels& best() noexcept;

}  // namespace cppcgi::scan

#endif
