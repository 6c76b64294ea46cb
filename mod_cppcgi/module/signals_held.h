// Holds all signals back from this thread while it lives, and from the threads that it
// starts for as long as they live: signals are for the server's own threads. Not those that
// a fault raises, which would end the process without a word.
#ifndef CPPCGI_MODULE_SIGNALS_HELD_H
#define CPPCGI_MODULE_SIGNALS_HELD_H

#include <signal.h>

namespace cppcgi::module {

class SignalsHeld {
public:
    SignalsHeld() noexcept {
        sigset_t all;
        sigfillset(&all);
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP})
            sigdelset(&all, fault);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsHeld(const SignalsHeld&) = delete;
    SignalsHeld& operator=(const SignalsHeld&) = delete;

private:
    sigset_t before_;
};

}  // namespace cppcgi::module

#endif
