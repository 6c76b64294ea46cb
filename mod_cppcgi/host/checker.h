// Opens a library in a short-lived process under the server's user, since opening runs
// its constructors and only dlopen finds a missing dependency or symbol. Called by the
// server's parent and by the doctor, from a process with one thread.
#ifndef CPPCGI_HOST_CHECKER_H
#define CPPCGI_HOST_CHECKER_H

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "host/card.h"
#include "host/library_fault.h"

namespace cppcgi::host {

struct CheckRequest {
    std::string file;         // the library's name
    int fd = -1;              // its private copy
    std::vector<Card> cards;  // each must have its entry
    std::string runtime;      // the name of libcppcgi.so.1, "" to do without
    int runtime_fd = -1;      // its private copy
    // Runs first in that process and becomes what a server child is: returns "" or why
    // it cannot. In httpd, ap_run_drop_privileges.
    std::function<std::string()> drop_privileges;
    std::chrono::milliseconds bound{10000};
    // Where other threads open and close libraries, what they lock meanwhile: a process
    // that is made in the middle of that waits for ever at its own first dlopen, for the
    // C library does not free all locks of its loader in it.
    std::mutex* loader = nullptr;
};

// No fault when the library opens and has all entries. Returns within the bound; the
// process and what its constructors may have started in its group are gone then. Leaves
// handlers of SIGCHLD alone and waits for its own child only.
LibraryFault check_library(const CheckRequest& request);

}  // namespace cppcgi::host

#endif
