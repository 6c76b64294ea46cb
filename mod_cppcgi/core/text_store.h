// Where the decoded text of an urlencoded form goes: one piece of memory, or a spool file
// once it is more than memory should hold. Owned by the reader of a form.
#ifndef CPPCGI_CORE_TEXT_STORE_H
#define CPPCGI_CORE_TEXT_STORE_H

#include <cppcgi/error.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/arena.h"
#include "core/spool.h"

namespace cppcgi::detail {

class TextStore {
public:
    // room() may be asked for no more than this at once.
    static constexpr std::size_t most = 64u << 10;

    TextStore(Arena& arena, Spool& spool, std::uint64_t max_memory) noexcept
        : arena_(arena), spool_(spool), max_memory_(max_memory) {}

    // Says how much is expected, so that it fits without moving.
    void expect(std::uint64_t size);

    // Where the text is, unless it moves for room or to the spool.
    const char* memory() const noexcept { return memory_; }

    // Memory for `size` bytes behind what has been written so far.
    Result<char*> room(std::size_t size);
    // How many of them were written.
    Fault wrote(std::size_t size);

    // The whole text. Memory that was not used goes back to the arena.
    Result<const char*> text();

private:
    Arena& arena_;
    Spool& spool_;
    std::uint64_t max_memory_;
    char* memory_ = nullptr;
    std::size_t capacity_ = 0;
    std::uint64_t size_ = 0;
    bool grown_ = false;  // whether memory_ is a piece that the arena can resize
    bool spooled_ = false;
    Spool::Place place_;
};

}  // namespace cppcgi::detail

#endif
