#include "host/failure_ring.h"

#include <cstring>

namespace cppcgi::host {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

void FailureRing::add(const Failure& failure) noexcept {
    const std::uint64_t number = next_.fetch_add(1, memory_order_relaxed);
    Place& place = places_[number % places];
    std::uint64_t turn = place.turn.load(memory_order_relaxed);
    // A newer one is there, or somebody is still writing one of the last round.
    if (turn > 2 * number) return;
    if (turn % 2 == 1 && turn + 2 * places > 2 * number) return;
    if (!place.turn.compare_exchange_strong(turn, 2 * number + 1, memory_order_acquire))
        return;
    std::atomic_thread_fence(memory_order_release);
    std::array<std::uint64_t, words> raw;
    std::memcpy(raw.data(), &failure, sizeof failure);
    for (std::size_t i = 0; i < words; ++i)
        place.data[i].store(raw[i], memory_order_relaxed);
    place.turn.store(2 * number + 2, memory_order_release);
}

std::vector<Failure> FailureRing::read() const {
    std::vector<Failure> found;
    const std::uint64_t next = next_.load(memory_order_acquire);
    for (std::uint64_t number = next; number > 0 && number + places > next;) {
        --number;
        if (found.size() == shown) break;
        const Place& place = places_[number % places];
        const std::uint64_t turn = place.turn.load(memory_order_acquire);
        if (turn != 2 * number + 2) continue;
        std::array<std::uint64_t, words> raw;
        for (std::size_t i = 0; i < words; ++i)
            raw[i] = place.data[i].load(memory_order_relaxed);
        std::atomic_thread_fence(memory_order_acquire);
        if (place.turn.load(memory_order_relaxed) != turn) continue;
        found.emplace_back();
        std::memcpy(static_cast<void*>(&found.back()), raw.data(), sizeof(Failure));
    }
    return found;
}

}  // namespace cppcgi::host
