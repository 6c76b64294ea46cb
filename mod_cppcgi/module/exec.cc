#include "module/exec.h"

#include "gateway/httpd/log.h"
#include "module/cgi_names.h"
#include "module/script_call.h"
#include "module/script_log.h"
#include "module/script_settings.h"

#include <cstring>
#include <http_config.h>
#include <http_core.h>
#include <strings.h>

namespace cppcgi::module {

namespace {

using std::chrono::milliseconds;

ScriptRefusal check_file(const request_rec* r) {
    switch (r->finfo.filetype) {
        case APR_REG:
            return {};
        case APR_NOFILE:
            return {
                HTTP_NOT_FOUND, "CPPCGI0303",
                "there is no such file; check the path and ScriptAlias, and that the "
                "server's user may search the directories above it"};
        case APR_DIR:
            return {HTTP_FORBIDDEN, "CPPCGI0304",
                    "it is a directory, which cannot run; name an index with "
                    "DirectoryIndex, or take it out of ScriptAlias"};
        default:
            return {
                HTTP_FORBIDDEN, "CPPCGI0305",
                "it is not a regular file (but a device, a FIFO or a socket); name the "
                "script itself"};
    }
}

milliseconds to_milliseconds(apr_interval_time_t time) {
    return milliseconds(apr_time_as_msec(time));
}

}  // namespace

bool is_ours_to_run(const DirectoryConfig& config) noexcept {
    return config.settings->fallback.is_set || !is_cgi_module_loaded();
}

bool is_script_aliased(const request_rec* r) noexcept {
    const char* type = apr_table_get(r->notes, "alias-forced-type");
    return type && strcasecmp(type, "cgi-script") == 0;
}

ScriptRefusal check_script(request_rec* r, const DirectoryConfig& config) {
    if (config.settings->fallback.value_or(Fallback::exec) == Fallback::none) {
        return {HTTP_FORBIDDEN, "CPPCGI0300",
                "it has no handler, and CppCGIFallback none keeps it from running as a "
                "script; register one with CppCGIHandler, or allow scripts with "
                "CppCGIFallback exec"};
    }
    if (!(ap_allow_options(r) & OPT_EXECCGI) && !is_script_aliased(r)) {
        return {
            HTTP_FORBIDDEN, "CPPCGI0301",
            "Options ExecCGI is off in this directory; write Options +ExecCGI for it, "
            "or use ScriptAlias"};
    }
    if (is_nph(r) && std::strcmp(r->protocol, "INCLUDED") == 0) {
        return {HTTP_FORBIDDEN, "CPPCGI0302",
                "an nph- script writes the whole response and cannot be included in a "
                "page; rename it or include another"};
    }
    if (const ScriptRefusal refusal = check_file(r); refusal.status != OK)
        return refusal;
    if (r->used_path_info == AP_REQ_REJECT_PATH_INFO && r->path_info && *r->path_info) {
        return {
            HTTP_NOT_FOUND, "CPPCGI0306",
            "AcceptPathInfo Off refuses what stands behind the script's name in the "
            "URL; take it away, or write AcceptPathInfo On"};
    }
    return {};
}

ScriptSettings script_settings_of(const request_rec* r, const DirectoryConfig& config) {
    ScriptSettings settings;
    const apr_interval_time_t timeout = r->server->timeout;
    settings.client_timeout = to_milliseconds(timeout);
    settings.timeout = to_milliseconds(config.settings->timeout.value_or(timeout));
    settings.abort = config.settings->abort.value_or(true);
    settings.arguments = config.settings->arguments.value_or(true);
    settings.max_body = config.settings->max_body.value_or(0);
    settings.max_memory =
        static_cast<std::size_t>(config.settings->limits().max_memory);
    settings.spool_dir = config.settings->spool_dir.value_or("");
    settings.keep_body = script_log_buffer(config);
    settings.keep_errors = has_script_log(config) ? script_log_stderr : 0;
    return settings;
}

int exec_script(request_rec* r, const DirectoryConfig& config, Traffic& traffic) {
    const ScriptRefusal refusal = check_script(r, config);
    if (refusal.status != OK) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "%s: %s does not run: %s",
                      refusal.number, r->filename, refusal.reason);
        write_script_log(r, {.status = refusal.status, .error = refusal.reason});
        return refusal.status;
    }
    const ScriptSettings settings = script_settings_of(r, config);
    ScriptCall call(r, settings);
    const int result = call.run();
    traffic = call.traffic();
    return result;
}

}  // namespace cppcgi::module
