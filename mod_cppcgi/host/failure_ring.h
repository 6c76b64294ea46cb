// The last failures of a handler, in shared memory. A writer takes a place by its number;
// a reader that meets a half-written one leaves it out. Any thread of any process; no locks,
// and a process that dies while it writes costs one place for one round.
#ifndef CPPCGI_HOST_FAILURE_RING_H
#define CPPCGI_HOST_FAILURE_RING_H

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cppcgi::host {

// Plain bytes; texts are cut to fit and end with NUL.
struct Failure {
    std::uint64_t time = 0;  // microseconds since 1970
    std::int32_t status = 0;
    char message[12] = "";  // "CPPCGI0203" where it is known
    char id[64] = "";       // of the report, else what the logs call the request
    char request[104] = "";
};

class FailureRing {
public:
    static constexpr std::size_t shown = 10;

    void add(const Failure& failure) noexcept;

    // Newest first, at most `shown`.
    std::vector<Failure> read() const;

private:
    static constexpr std::size_t places = 16;
    static constexpr std::size_t words = sizeof(Failure) / sizeof(std::uint64_t);
    static_assert(sizeof(Failure) % sizeof(std::uint64_t) == 0);

    // `turn` is 2 * number + 1 while failure NUMBER is written there, then 2 * number + 2.
    struct Place {
        std::atomic<std::uint64_t> turn;
        std::array<std::atomic<std::uint64_t>, words> data;
    };

    std::atomic<std::uint64_t> next_;
    std::array<Place, places> places_;
};

}  // namespace cppcgi::host

#endif
