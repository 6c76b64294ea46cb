// The module record and its hooks: where httpd enters. A request goes choose_handler ->
// serve -> a C++ handler (gateway/httpd) or a classic script (exec).
#include "gateway/httpd/guard.h"
#include "module/caretaker.h"
#include "module/cgi_names.h"
#include "module/config.h"
#include "module/content.h"
#include "module/crash.h"
#include "module/directives.h"
#include "module/dropped_headers.h"
#include "module/error_report.h"
#include "module/exit_guard.h"
#include "module/orphans.h"
#include "module/registry.h"
#include "module/slow_call.h"
#include "module/ssi_exec.h"
#include "module/statistics.h"
#include "module/status.h"

#include <ap_mpm.h>
#include <http_config.h>
#include <http_core.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mpm_common.h>

namespace cppcgi::module {

namespace {

int check_config(apr_pool_t* configuration, apr_pool_t*, apr_pool_t*,
                 server_rec* server) noexcept {
    return httpd::guard(nullptr,
                        [&] { return check_registry_parent(configuration, server); });
}

int post_config(apr_pool_t* configuration, apr_pool_t*, apr_pool_t*,
                server_rec* server) noexcept {
    return httpd::guard(nullptr, [&] {
        register_ssi_exec();
        if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG) {
            open_statistics_parent(configuration, server);
            make_report_directory(server);
            log_library_warnings(configuration, server);
        }
        share_running_scripts_parent(configuration, server);
        return OK;
    });
}

void child_init_first(apr_pool_t* child, server_rec*) noexcept {
    guard_child_pool(child);
}

void child_init(apr_pool_t* child, server_rec* server) noexcept {
    httpd::guard(nullptr, [&] {
        install_crash_report_child();
        begin_statistics_child(server);
        start_dropped_headers(child, server);
        start_error_reports_child(child, server);
        open_libraries_child(child, server);
        install_exit_guard_child();
        start_caretaker(child, server);
        return OK;
    });
}

void child_stopping(apr_pool_t*, int graceful) noexcept {
    stop_slow_calls_child();
    stop_caretaker(ap_server_conf, graceful != 0);
}

void child_status(server_rec* server, pid_t child, ap_generation_t, int,
                  mpm_child_status status) noexcept {
    if (status != MPM_CHILD_EXITED) return;
    end_statistics_of(server, child);
    end_orphans_parent(server, child);
}

int monitor(apr_pool_t*, server_rec* server) noexcept {
    kill_orphans_parent(server);
    return DECLINED;
}

void error_log(const ap_errorlog_info* info, const char* text) noexcept {
    note_message(*info, text);
}

int fixups(request_rec* r) noexcept {
    return httpd::guard(r, [&] { return choose_handler(r); });
}

int handler(request_rec* r) noexcept {
    return httpd::guard(r, [&] {
        const int status = serve(r);
        return status == DECLINED ? serve_status(r) : status;
    });
}

int log_transaction(request_rec* r) noexcept {
    if (r->next) pass_report_note(r);
    return DECLINED;
}

void register_hooks(apr_pool_t* configuration) noexcept {
    take_cgi_names(configuration);
    // After core, rewrite and env have had their say; before mod_dir, which would redirect
    // for a slash or look for an index.
    static const char* const before_mod_dir[] = {"mod_dir.c", nullptr};
    ap_hook_fixups(fixups, nullptr, before_mod_dir, APR_HOOK_LAST);
    ap_hook_check_config(check_config, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init_first, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
    ap_hook_child_init(child_init, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_child_stopping(child_stopping, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_child_status(child_status, nullptr, nullptr, APR_HOOK_MIDDLE);
    register_status_section();
    ap_hook_error_log(error_log, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_monitor(monitor, nullptr, nullptr, APR_HOOK_MIDDLE);
    // Whatever the order of LoadModule: they would serve cgi-script where it is ours.
    static const char* const before_cgi[] = {"mod_cgi.c", "mod_cgid.c", nullptr};
    static const char* const before_log[] = {"mod_log_config.c", nullptr};
    ap_hook_log_transaction(log_transaction, nullptr, before_log, APR_HOOK_FIRST);
    ap_hook_handler(handler, nullptr, before_cgi, APR_HOOK_MIDDLE);
}

}  // namespace

}  // namespace cppcgi::module

extern "C" {
// AP_DECLARE_MODULE would say once more what log.h says.
module AP_MODULE_DECLARE_DATA cppcgi_module = {STANDARD20_MODULE_STUFF,
                                               cppcgi::module::create_directory_config,
                                               cppcgi::module::merge_directory_config,
                                               nullptr,
                                               nullptr,
                                               cppcgi::module::directives,
                                               cppcgi::module::register_hooks,
                                               AP_MODULE_FLAG_NONE};
}
