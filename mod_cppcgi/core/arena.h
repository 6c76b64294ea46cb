// Memory that is given out in pieces and freed all at once. Owned by a form or a response;
// one thread.
#ifndef CPPCGI_CORE_ARENA_H
#define CPPCGI_CORE_ARENA_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cppcgi::detail {

class Arena {
public:
    Arena() = default;
    // Takes from `first` as long as that lasts; the caller's.
    explicit Arena(std::span<char> first) noexcept
        : at_(first.data()), end_(first.data() + first.size()) {}
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() {
        while (block_ != nullptr) std::free(std::exchange(block_, block_->before));
    }

    // `size` bytes, not cleared; they live as long as the arena.
    char* take(std::size_t size) {
        if (static_cast<std::size_t>(end_ - at_) < size) {
            // A large piece does not end the block that small ones are taken from.
            if (size > next_ / 2 && block_ != nullptr) return block(size);
            grow(size);
        }
        return std::exchange(at_, at_ + size);
    }
    // Gives back what is unused at the end of what take() returned last.
    void shrink(char* taken, std::size_t size, std::size_t used) noexcept {
        if (taken + size == at_) at_ = taken + used;
    }

    // A piece of its own that can grow: `taken`, which was the last to come from here, with
    // its bytes; or a new one for nullptr. By realloc, which moves the pages of what is
    // large: it never is in memory twice.
    char* resize(char* taken, std::size_t size) {
        if (taken == nullptr) return block(size);
        Block* const before = block_->before;
        void* memory = std::realloc(block_, sizeof(Block) + size);
        if (memory == nullptr) throw std::bad_alloc();
        block_ = new (memory) Block{before};
        allocated_ += size - std::exchange(last_, size);
        return static_cast<char*>(memory) + sizeof(Block);
    }

    std::string_view copy(std::string_view bytes) {
        if (bytes.empty()) return "";
        char* to = take(bytes.size());
        std::memcpy(to, bytes.data(), bytes.size());
        return {to, bytes.size()};
    }

    // Room for an array of a type that needs no destructor.
    template <class T>
    T* array(std::size_t count) {
        static_assert(std::is_trivially_destructible_v<T> &&
                      alignof(T) <= sizeof(Block));
        const std::size_t over = reinterpret_cast<std::uintptr_t>(at_) % alignof(T);
        const std::size_t padding = over == 0 ? 0 : alignof(T) - over;
        // A new block needs no padding.
        if (static_cast<std::size_t>(end_ - at_) >= padding) at_ += padding;
        if (count == 0) return nullptr;
        void* memory = take(count * sizeof(T));
        return static_cast<T*>(memory);
    }

    // Bytes of all blocks.
    std::size_t allocated() const noexcept { return allocated_; }

private:
    struct Block {
        Block* before;
    };

    char* block(std::size_t size) {
        void* memory = std::malloc(sizeof(Block) + size);
        if (memory == nullptr) throw std::bad_alloc();
        block_ = new (memory) Block{block_};
        allocated_ += size;
        last_ = size;
        return static_cast<char*>(memory) + sizeof(Block);
    }

    void grow(std::size_t size) {
        const std::size_t room = std::max(size, next_);
        next_ = std::min<std::size_t>(next_ * 2, 64u << 10);
        at_ = block(room);
        end_ = at_ + room;
    }

    char* at_ = nullptr;
    char* end_ = nullptr;
    Block* block_ = nullptr;
    std::size_t next_ = 504;  // a small size class of every malloc
    std::size_t allocated_ = 0;
    std::size_t last_ = 0;  // the size of block_
};

// For containers. Not std::pmr's, which is calls into one library more with tables of its
// own: a server whose processes take turns pays for each page at each request.
template <class T>
class ArenaAllocator {
public:
    using value_type = T;

    ArenaAllocator(Arena& arena) noexcept : arena_(&arena) {}

    T* allocate(std::size_t count) { return arena_->array<T>(count); }
    void deallocate(T*, std::size_t) noexcept {}
    bool operator==(const ArenaAllocator&) const noexcept = default;

private:
    Arena* arena_;
};

}  // namespace cppcgi::detail

#endif
