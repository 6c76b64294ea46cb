// The doctor's look at a classic script: the way to it, its mode, its first line or its
// program headers, what confines the server, and the rules of suexec. The cause of a fault
// comes from script_fault.h, as in the server's log. Reads files, runs nothing.
#ifndef CPPCGI_HOST_SCRIPT_DIAGNOSIS_H
#define CPPCGI_HOST_SCRIPT_DIAGNOSIS_H

#include <string>

#include "host/diagnosis.h"
#include "host/identity.h"

namespace cppcgi::host {

// `file` is absolute; `environment` ends with NULL, its PATH and LD_LIBRARY_PATH count.
Diagnosis diagnose_script(const std::string& file, const Identity& user,
                          char* const* environment);

// The command that repairs a fault of that file; "" when no single one does.
std::string repair_command(const std::string& file, const Identity& user,
                           const std::string& number);

}  // namespace cppcgi::host

#endif
