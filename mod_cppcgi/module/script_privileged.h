// Scripts that another module wants run under another user (suexec): started by httpd's
// own hook, which checks what it has to check.
#ifndef CPPCGI_MODULE_SCRIPT_PRIVILEGED_H
#define CPPCGI_MODULE_SCRIPT_PRIVILEGED_H

#include "host/spawn.h"

#include <httpd.h>

namespace cppcgi::module {

// Whether this request's script is to run as somebody else.
bool is_privileged(request_rec* r);

// Starts it through httpd. The process stays in our process group, and only its new user
// may signal it. `shell_command`: what the shell is to run (SSI exec cmd), or null.
host::SpawnResult spawn_privileged(request_rec* r, const host::SpawnRequest& request,
                                   const char* shell_command);

}  // namespace cppcgi::module

#endif
