#include "module/error_report.h"

#include "core/report_page.h"
#include "gateway/httpd/log.h"
#include "module/code_map.h"
#include "module/exit_guard.h"
#include "module/generation.h"

#include <apr_strings.h>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <mod_core.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unixd.h>

namespace cppcgi::module {

namespace {

using detail::FailureReport;
using detail::ReportMode;

constexpr char report_note[] = "cppcgi-report";

// Which state of a file: size and time tell one build from another.
std::string build_of(const host::FileKey& key) {
    char when[APR_RFC822_DATE_LEN];
    apr_rfc822_date(when, static_cast<apr_time_t>(key.mtime / 1000));
    return std::to_string(key.size) + " bytes of " + when + ", ABI " +
           std::to_string(CPPCGI_ABI);
}

std::string name_of(const detail::CodePlace& place) {
    CodePlace known;
    return find_code(place.address, known) ? known.file : place.mapped_as;
}

ReportMode mode_of(const request_rec* r) {
    const ErrorReportSetting setting = config_of(r).settings->error_report.value_or({});
    ReportMode mode{setting.display, setting.log, {}};
    if (setting.log)
        mode.directory =
            setting.directory ? setting.directory : default_report_directory(r->pool);
    return mode;
}

void log_unstored(const httpd::Call& call, const detail::StoredReport& stored) {
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, call.r,
        "CPPCGI0601: the error report %s of handler %s could not be written: %s; the "
        "directory has to exist and to belong to the user that the server's children "
        "run as",
        stored.path.c_str(), call.settings.handler, std::strerror(stored.error));
}

}  // namespace

bool ErrorReports::may_complain() noexcept {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::steady_clock::now().time_since_epoch())
                         .count();
    std::int64_t next = next_complaint_.load();
    return now >= next && next_complaint_.compare_exchange_strong(next, now + 60);
}

ErrorReports* error_reports(server_rec* server) noexcept {
    return generation_of(server->process->pconf).error_reports;
}

void start_error_reports_child(apr_pool_t* child, server_rec* server) {
    auto* reports = new ErrorReports;
    generation_of(server->process->pconf).error_reports = reports;
    constexpr auto destroy = [](void* data) noexcept -> apr_status_t {
        if (!has_calls_in_flight()) delete static_cast<ErrorReports*>(data);
        return APR_SUCCESS;
    };
    apr_pool_cleanup_register(child, reports, destroy, apr_pool_cleanup_null);
}

const char* default_report_directory(apr_pool_t* pool) {
    return ap_runtime_dir_relative(pool, "cppcgi-reports");
}

void make_report_directory(server_rec* server) {
    if (!generation_of(server->process->pconf).wants_report_directory) return;
    const char* path = default_report_directory(server->process->pconf);
    struct stat status {};
    if (::mkdir(path, 0700) == 0) {
        if (::geteuid() == 0 &&
            ::lchown(path, ap_unixd_config.user_id, ap_unixd_config.group_id) == 0)
            return;
        if (::geteuid() != 0) return;
    } else if (errno == EEXIST && ::lstat(path, &status) == 0 &&
               S_ISDIR(status.st_mode)) {
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                 "CPPCGI0602: the directory for error reports, %s, cannot be made: %s; "
                 "name another one in CppCGIErrorReport",
                 path, std::strerror(errno));
}

FailureReport make_failure_report(httpd::Call& call, const cppcgi_outcome& outcome,
                                  const Handler& handler, cppcgi_entry entry) {
    ErrorReports& reports = *error_reports(call.r->server);
    const detail::KeptReport none;
    const detail::KeptReport& kept = call.exception ? *call.exception : none;
    const detail::FailedCall failed = {
        httpd::gateway,
        &call,
        outcome,
        kept,
        {handler.label, handler.library->path, build_of(handler.library->key)},
        detail::find_code_place(reinterpret_cast<std::uintptr_t>(entry)).mapped_as,
        name_of};
    FailureReport report = detail::report_failure(
        reports.resolver(), failed, ReportMode::of(kept, mode_of(call.r)));
    const char* id = apr_pstrdup(call.r->pool, report.id.c_str());
    apr_table_setn(call.r->notes, report_note, id);
    apr_table_setn(call.r->subprocess_env, "CPPCGI_REPORT", id);
    // Also of the page that httpd or an ErrorDocument answers with.
    apr_table_setn(call.r->err_headers_out, "Cache-Control", "no-store");
    if (report.stored.error != 0 && reports.may_complain())
        log_unstored(call, report.stored);
    return report;
}

int send_report(httpd::Call& call, const FailureReport& report) {
    request_rec* r = call.r;
    const bool has_document =
        ap_response_code_string(r, ap_index_of_response(HTTP_INTERNAL_SERVER_ERROR));
    // A page within a page helps nobody, and the administrator's own words go before ours.
    if (report.page.empty() || r->main || (report.is_for_visitors && has_document))
        return HTTP_INTERNAL_SERVER_ERROR;
    const auto text = [](std::string_view view) {
        return cppcgi_text{view.data(), view.size()};
    };
    const cppcgi_pair headers[] = {
        {text("Content-Type"), text("text/html; charset=utf-8")},
        {text("Content-Security-Policy"), text(detail::report_policy)},
        {text("X-Content-Type-Options"), text("nosniff")}};
    const cppcgi_head head = {
        sizeof head, HTTP_INTERNAL_SERVER_ERROR, {}, headers, std::size(headers)};
    call.reply.take_head(head);
    call.reply.write(text(report.page), CPPCGI_WRITE_END);
    return OK;
}

std::string thrown_at(server_rec* server, const cppcgi_outcome& outcome) {
    ErrorReports* reports = error_reports(server);
    if (!reports) return {};
    return detail::describe_for_log(reports->resolver(), outcome, name_of);
}

void pass_report_note(request_rec* r) noexcept {
    const char* id = apr_table_get(r->notes, report_note);
    for (request_rec* next = r->next; id && next; next = next->next)
        if (!apr_table_get(next->notes, report_note))
            apr_table_setn(next->notes, report_note, id);
}

}  // namespace cppcgi::module
