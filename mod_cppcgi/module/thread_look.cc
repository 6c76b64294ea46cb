#include "module/thread_look.h"

#include "module/signal_text.h"
#include "module/stack_frames.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <poll.h>
#include <ucontext.h>
#include <unistd.h>

namespace cppcgi::module {

namespace {

using namespace std::chrono_literals;

// A thread deep in the kernel answers when it comes back, or never.
constexpr auto longest_wait = 1s;

// The one look in progress: its number, which tells it from an earlier one whose thread
// answers too late, and how far it is.
enum Stage : unsigned { given_up, asked, answering, answered };
constinit std::atomic<unsigned> look{given_up};
constinit SignalText answer{};

constexpr unsigned look_at(unsigned number, Stage stage) noexcept {
    return number << 2 | stage;
}
constexpr unsigned number_of(unsigned look_now) noexcept { return look_now >> 2; }
constexpr Stage stage_of(unsigned look_now) noexcept { return Stage(look_now & 3); }
constinit bool is_installed = false;

int look_signal() noexcept { return SIGRTMIN + 9; }

void write_stack(const ucontext_t& context) noexcept {
    const StackFrames frames(context);
    answer.clear();
    for (int i = 0; i < frames.size(); ++i)
        frames.write_frame(answer << (i == 0 ? "" : " < "), i);
    frames.write_command(answer << "; lines: ");
}

void on_look(int, siginfo_t* info, void* context) noexcept {
    if (info->si_code != SI_QUEUE || info->si_pid != ::getpid()) return;
    const int saved_errno = errno;
    const auto number = static_cast<unsigned>(info->si_value.sival_int);
    unsigned expected = look_at(number, asked);
    if (look.compare_exchange_strong(expected, look_at(number, answering))) {
        write_stack(*static_cast<const ucontext_t*>(context));
        look.store(look_at(number, answered), std::memory_order_release);
    }
    errno = saved_errno;
}

}  // namespace

void install_thread_look_child() noexcept {
    struct sigaction action = {};
    if (is_installed || sigaction(look_signal(), nullptr, &action) != 0 ||
        action.sa_handler != SIG_DFL)
        return;
    StackFrames::prepare();
    action.sa_sigaction = on_look;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigemptyset(&action.sa_mask);
    is_installed = sigaction(look_signal(), &action, nullptr) == 0;
}

void allow_thread_look() noexcept {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, look_signal());
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

bool begin_thread_look(pthread_t thread) noexcept {
    // An earlier answer that still is being written keeps the place.
    if (!is_installed || stage_of(look.load()) == answering) return false;
    const unsigned number = number_of(look_at(number_of(look.load()) + 1, asked));
    look.store(look_at(number, asked));
    sigval value = {};
    value.sival_int = static_cast<int>(number);
    return pthread_sigqueue(thread, look_signal(), value) == 0;
}

std::string read_thread_look() {
    const auto deadline = std::chrono::steady_clock::now() + longest_wait;
    for (unsigned now; stage_of(now = look.load(std::memory_order_acquire)) != answered;
         ::poll(nullptr, 0, 2)) {
        if (std::chrono::steady_clock::now() < deadline) continue;
        // A thread that comes too late finds nothing to answer; one that began to is left
        // to it.
        const unsigned late = look_at(number_of(now), given_up);
        if (stage_of(now) == answering || look.compare_exchange_strong(now, late))
            return {};
    }
    return std::string(answer.view());
}

}  // namespace cppcgi::module
