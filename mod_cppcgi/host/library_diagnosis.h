// The doctor's look at a handler library: card, what it needs, symbols that are nowhere or
// that keep it mapped, clashes with what the server has loaded, who may write it, whether
// it has lines for a traceback. The cause of a fault is that of the server's log. Opens the
// library only where a checking process is asked for.
#ifndef CPPCGI_HOST_LIBRARY_DIAGNOSIS_H
#define CPPCGI_HOST_LIBRARY_DIAGNOSIS_H

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "host/diagnosis.h"

namespace cppcgi::host {

struct LibraryQuestion {
    std::string file;
    uid_t starter = 0;                     // who starts the server
    std::string runtime = {};              // libcppcgi.so.1, "" when it is not known
    std::string library_dir = {};          // CppCGILibraryDir
    std::vector<std::string> loaded = {};  // what the server has mapped: paths
    bool run = false;                      // open it in a checking process
    // There first: becomes the server's user. "" or why not.
    std::function<std::string()> drop_privileges = {};
};

Diagnosis diagnose_library(const LibraryQuestion& question);

}  // namespace cppcgi::host

#endif
