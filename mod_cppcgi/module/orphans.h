// Scripts whose server child was killed or crashed: nobody is left who reads their output,
// bounds their time or stops them with the server. The parent ends them when it reaps the
// child. (A parent death signal would not do: it comes when the thread ends that started
// the script, and worker threads of a graceful restart end before their scripts.)
#ifndef CPPCGI_MODULE_ORPHANS_H
#define CPPCGI_MODULE_ORPHANS_H

#include "host/running_scripts.h"

#include <httpd.h>

namespace cppcgi::module {

// post_config: makes the table once in the life of the server; graceful restarts keep it,
// since children of the generation before still use it.
void share_running_scripts_parent(apr_pool_t* configuration, server_rec* server);

// Null when there was no memory for it.
host::RunningScripts* running_scripts_of(const server_rec* server) noexcept;

// child_status: a child has ended, by itself or not.
void end_orphans_parent(server_rec* server, pid_t child) noexcept;

// monitor, every few seconds: KILL for those that ignored their TERM.
void kill_orphans_parent(server_rec* server) noexcept;

}  // namespace cppcgi::module

#endif
