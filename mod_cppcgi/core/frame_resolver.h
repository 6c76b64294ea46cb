// Turns the addresses of a stack into functions, files and lines. What is not known yet is
// looked up in a short-lived process under a time limit, one at a time: its memory is given
// back, it cannot hang or crash its parent, and only requests that fail wait for it. Each
// place is looked up once and kept. Owned by a process; any thread.
#ifndef CPPCGI_CORE_FRAME_RESOLVER_H
#define CPPCGI_CORE_FRAME_RESOLVER_H

#include "core/code_place.h"
#include "core/debug_lines.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cppcgi::detail {

// A place of a stack with all that is known of it.
struct StackPlace {
    CodePlace place;
    std::shared_ptr<const SourceFrames> frames;  // never null; may be empty
};

class FrameResolver {
public:
    explicit FrameResolver(
        std::chrono::milliseconds limit = std::chrono::milliseconds(3000)) noexcept
        : limit_(limit) {}

    // One for each address. When the time is over, or no process can be had, places have
    // no frames: the file and the offset are still known.
    std::vector<StackPlace> resolve(std::span<const std::uintptr_t> addresses);

    // How many lookups have been started, for tests.
    unsigned lookups() const noexcept { return lookups_; }

private:
    using Clock = std::chrono::steady_clock;
    using Key = std::pair<std::string, std::uintptr_t>;
    struct Known {
        std::shared_ptr<const SourceFrames> frames;
        Clock::time_point until;  // a failure may have been one of the moment
    };

    bool take_known(std::vector<StackPlace>& stack);
    void look_up(const std::vector<StackPlace>& stack, Clock::time_point deadline);
    void keep(const CodePlace& place, SourceFrames frames, bool failed);

    const std::chrono::milliseconds limit_;
    std::timed_mutex lookup_mutex_;
    unsigned lookups_ = 0;
    std::mutex known_mutex_;
    std::map<Key, Known> known_;
};

}  // namespace cppcgi::detail

#endif
