// The process ids of the scripts that a server child has running, so that a stop or a hard
// restart reaches each of them, also from prefork's signal handler: slots are claimed and
// read without a lock, and their memory is never given back. One a server child, used by
// all its threads.
#ifndef CPPCGI_MODULE_RUNNING_SCRIPTS_H
#define CPPCGI_MODULE_RUNNING_SCRIPTS_H

#include <sys/types.h>

#include <array>
#include <atomic>

namespace cppcgi::module {

class RunningScripts {
public:
    using Slot = std::atomic<pid_t>;

    RunningScripts() = default;
    ~RunningScripts();
    RunningScripts(const RunningScripts&) = delete;
    RunningScripts& operator=(const RunningScripts&) = delete;

    // A free slot, now holding `pid`; the owner stores 0 before it reaps the process.
    // Null when memory is gone: such a script is missed by a stop.
    Slot* claim(pid_t pid) noexcept;

    // Calls visit(pid) for each script; async-signal-safe when `visit` is.
    template <class Visit>
    void each(Visit&& visit) const noexcept {
        for (const Block* block = &first_; block;
             block = block->next.load(std::memory_order_acquire)) {
            for (const Slot& slot : block->slots) {
                if (const pid_t pid = slot.load(std::memory_order_acquire)) visit(pid);
            }
        }
    }

private:
    struct Block {
        std::array<Slot, 62> slots{};
        std::atomic<Block*> next{nullptr};
    };

    Block first_;
};

}  // namespace cppcgi::module

#endif
