#include "module/orphans.h"

#include "gateway/httpd/log.h"

#include <apr_pools.h>

namespace cppcgi::module {

namespace {

// The layout of the table is part of the name: a restart may bring another version of us.
constexpr const char* table_name = "cppcgi_running_scripts_1";

constexpr std::int64_t term_grace = 2000;  // milliseconds

apr_status_t kill_all(void* table) noexcept {
    static_cast<host::RunningScripts*>(table)->kill_orphans(0);
    return APR_SUCCESS;
}

}  // namespace

host::RunningScripts* running_scripts_of(const server_rec* server) noexcept {
    void* found = nullptr;
    apr_pool_userdata_get(&found, table_name, server->process->pool);
    return static_cast<host::RunningScripts*>(found);
}

void share_running_scripts_parent(apr_pool_t* configuration, server_rec* server) {
    host::RunningScripts* table = running_scripts_of(server);
    if (!table) {
        table = host::RunningScripts::create();
        if (!table) return;
        apr_pool_userdata_set(table, table_name, apr_pool_cleanup_null,
                              server->process->pool);
    }
    // A restart and the end of the server leave none behind.
    apr_pool_cleanup_register(configuration, table, kill_all, apr_pool_cleanup_null);
}

void end_orphans_parent(server_rec* server, pid_t child) noexcept {
    host::RunningScripts* table = running_scripts_of(server);
    if (!table) return;
    const int count = table->end_orphans(child);
    if (count == 0) return;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                 "CPPCGI0426: server child %ld was killed or crashed while %d scripts "
                 "of it ran; they are told to end, since nobody reads their output any "
                 "more; the lines before this one tell why the child ended",
                 static_cast<long>(child), count);
}

void kill_orphans_parent(server_rec* server) noexcept {
    if (host::RunningScripts* table = running_scripts_of(server))
        table->kill_orphans(term_grace);
}

}  // namespace cppcgi::module
