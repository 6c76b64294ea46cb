// The scripts that run now, in memory that the server's parent shares with its children: a
// child's stop reaches each of its own, also from prefork's signal handler, and the parent
// ends those of a child that was killed or crashed. Slots are claimed and read without a
// lock. One table a server, used by all its processes and threads.
#ifndef CPPCGI_HOST_RUNNING_SCRIPTS_H
#define CPPCGI_HOST_RUNNING_SCRIPTS_H

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace cppcgi::host {

class RunningScripts {
public:
    // Far more than a server has workers; a script beyond is missed by stops.
    static constexpr std::size_t capacity = 16384;

    class Slot {
    public:
        // Where the kernel notes the number of a process that is being started, so that
        // none runs unnoted; then, or in its place, holds().
        pid_t* number() noexcept { return reinterpret_cast<pid_t*>(&script_); }
        // `script` runs, and began at `since` or before.
        void holds(pid_t script, std::int64_t since = now()) noexcept;
        // By the keeper, before it reaps the process: until then nobody else can have
        // its number. Does nothing where the slot is no longer that script's.
        void release(pid_t script) noexcept;
        // By the keeper, which may not signal the script (suexec): the parent is to end
        // it. The slot is the parent's from now on.
        void hand_over() noexcept;

    private:
        friend class RunningScripts;
        std::atomic<pid_t> keeper_{0};  // the server child, or one of the below
        std::atomic<pid_t> script_{0};
        std::atomic<std::int64_t> since_{0};  // its start; under the parent, its TERM
    };

    // Parent: null when memory is gone. The table lives as long as the process.
    static RunningScripts* create() noexcept;

    // Child: a free slot, for a script that is about to start. Null when all are taken.
    Slot* claim(pid_t keeper) noexcept;

    static std::int64_t now() noexcept;  // milliseconds since the machine's start

    // Calls visit(pid) for each script of a keeper; async-signal-safe when `visit` is.
    template <class Visit>
    void each(pid_t keeper, Visit&& visit) const noexcept {
        for (const Slot& slot : slots_) {
            if (slot.keeper_.load(std::memory_order_acquire) != keeper) continue;
            if (const pid_t script = slot.script_.load(std::memory_order_acquire))
                visit(script);
        }
    }

    // Child, at its end: what it could not end by itself is the parent's.
    void hand_over(pid_t keeper) noexcept;

    // Parent: `keeper` has gone without its scripts: TERM for their process groups. How
    // many there were.
    int end_orphans(pid_t keeper) noexcept;
    // Parent: TERM for what was handed over, KILL for those that were told so long ago and
    // are still there.
    void kill_orphans(std::int64_t milliseconds) noexcept;

private:
    // In the place of a keeper.
    static constexpr pid_t nobody = 0;
    static constexpr pid_t told = -1;        // the parent has sent its TERM
    static constexpr pid_t to_be_told = -2;  // the parent has to

    RunningScripts() = default;
    static bool tell(Slot& slot) noexcept;

    Slot slots_[capacity];
};

}  // namespace cppcgi::host

#endif
