#include "core/frame_resolver.h"

#include "core/lookup_process.h"

#include <algorithm>
#include <utility>

namespace cppcgi::detail {

namespace {

// A library has fewer calls that can throw than this; when one has more, all is forgotten.
constexpr std::size_t most_known = 2000;
constexpr std::chrono::seconds pause_after_failure{30};

const std::shared_ptr<const SourceFrames>& nothing_known() {
    // Constant, and so small that a process may keep it.
    static const auto* const empty =
        new std::shared_ptr<const SourceFrames>(std::make_shared<SourceFrames>());
    return *empty;
}

}  // namespace

std::vector<StackPlace> FrameResolver::resolve(
    std::span<const std::uintptr_t> addresses) {
    std::vector<StackPlace> stack;
    for (const std::uintptr_t address : addresses)
        stack.push_back({find_code_place(address), nothing_known()});
    if (take_known(stack)) return stack;
    const auto deadline = Clock::now() + limit_;
    const std::unique_lock lock(lookup_mutex_, deadline);
    // Another thread may have looked up the same meanwhile.
    if (!lock || take_known(stack)) return stack;
    look_up(stack, deadline);
    take_known(stack);
    return stack;
}

bool FrameResolver::take_known(std::vector<StackPlace>& stack) {
    const std::scoped_lock lock(known_mutex_);
    bool all = true;
    for (StackPlace& one : stack) {
        if (one.place.mapped_as.empty()) continue;
        const auto found = known_.find({one.place.mapped_as, one.place.offset()});
        if (found == known_.end() || Clock::now() > found->second.until)
            all = false;
        else
            one.frames = found->second.frames;
    }
    return all;
}

void FrameResolver::look_up(const std::vector<StackPlace>& stack,
                            Clock::time_point deadline) {
    std::vector<CodePlace> places;
    const auto is_listed = [&](const CodePlace& place) {
        return std::any_of(places.begin(), places.end(), [&](const CodePlace& other) {
            return other.address == place.address;
        });
    };
    for (const StackPlace& one : stack)
        if (one.frames->empty() && !one.place.mapped_as.empty() &&
            !is_listed(one.place))
            places.push_back(one.place);
    ++lookups_;
    auto found = run_lookup(places, deadline);
    const bool failed = found.empty();
    found.resize(places.size());
    const std::scoped_lock lock(known_mutex_);
    if (known_.size() + places.size() > most_known) known_.clear();
    for (std::size_t i = 0; i < places.size(); ++i)
        keep(places[i], std::move(found[i]), failed);
}

void FrameResolver::keep(const CodePlace& place, SourceFrames frames, bool failed) {
    const auto until =
        failed ? Clock::now() + pause_after_failure : Clock::time_point::max();
    known_[{place.mapped_as, place.offset()}] = {
        std::make_shared<const SourceFrames>(std::move(frames)), until};
}

}  // namespace cppcgi::detail
