// One running script: its process, the process group it leads, its exit, and our ends of
// its three pipes. Movable: the pump's thread owns it while it answers, the caretaker
// afterwards. Its destructor leaves nothing behind, neither process nor descriptor.
#ifndef CPPCGI_MODULE_SCRIPT_PROCESS_H
#define CPPCGI_MODULE_SCRIPT_PROCESS_H

#include "host/descriptor.h"
#include "host/running_scripts.h"

#include <sys/types.h>

#include <chrono>
#include <string>

namespace cppcgi::module {

// How a script ended, from waitid().
struct ScriptExit {
    bool known = false;
    bool signalled = false;
    bool core_dumped = false;
    int code = 0;  // the exit code, or the signal's number

    // "exit code 3", "signal 11 (Segmentation fault, core dumped)".
    std::string text() const;
};

class ScriptProcess {
public:
    ScriptProcess() = default;
    // Takes over a process just started. `grouped`: it leads a process group of its own.
    ScriptProcess(pid_t pid, host::Descriptor pidfd, host::RunningScripts::Slot* slot,
                  bool grouped)
        : pid_(pid), pidfd_(std::move(pidfd)), slot_(slot), grouped_(grouped) {}
    ~ScriptProcess();
    ScriptProcess(ScriptProcess&& other) noexcept;
    ScriptProcess& operator=(ScriptProcess&& other) noexcept;

    pid_t pid() const noexcept { return pid_; }
    int pidfd() const noexcept { return pidfd_.get(); }  // -1: the kernel has none

    // True once the script has ended; `exit()` is then known and the zombie gone.
    bool ended() noexcept;
    // The same, waiting at most so long.
    bool ended_within(std::chrono::milliseconds bound) noexcept;
    // True when the kernel is taking the process down: its exit is a moment away.
    bool is_exiting() const noexcept;
    const ScriptExit& exit() const noexcept { return exit_; }

    // Signals the whole process group (or the script alone when it has no group of its
    // own). 0, or errno: EPERM when suexec runs it as somebody else.
    int signal(int number) noexcept;
    // Leaves its end to the server's parent, which may signal everybody.
    void hand_over() noexcept;
    // From now on nothing of the group may outlive the script.
    void condemn() noexcept { condemned_ = true; }

    host::Descriptor in;   // we write; closed when it has no body to be fed
    host::Descriptor out;  // we read
    host::Descriptor err;  // we read

private:
    void forget() noexcept;

    pid_t pid_ = 0;  // 0: none, or reaped
    host::Descriptor pidfd_;
    host::RunningScripts::Slot* slot_ = nullptr;
    bool grouped_ = false;
    bool condemned_ = false;
    ScriptExit exit_;
};

}  // namespace cppcgi::module

#endif
