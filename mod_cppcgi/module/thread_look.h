// Looks where another thread of this process stands: a real-time signal makes that thread
// write down its own stack. The signal is SIGRTMIN + 9, taken at the first look, with
// SA_RESTART and on the alternate stack. Of one server child, which never unloads the
// module: a signal handler can reach nothing that hangs off a pool.
#ifndef CPPCGI_MODULE_THREAD_LOOK_H
#define CPPCGI_MODULE_THREAD_LOOK_H

#include <pthread.h>
#include <string>

namespace cppcgi::module {

// Takes the signal, once, unless somebody else has it.
void install_thread_look_child() noexcept;

// Lets this thread be looked at: httpd's worker threads hold signals back.
void allow_thread_look() noexcept;

// Asks THREAD, which must be alive; a later call of read_thread_look() has the answer.
// False when the signal is somebody else's. One asker at a time.
bool begin_thread_look(pthread_t thread) noexcept;

// Waits for the answer, with a bound: places, innermost first, and the command that turns
// them into lines. Empty when the thread does not answer.
std::string read_thread_look();

}  // namespace cppcgi::module

#endif
