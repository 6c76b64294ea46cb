#include "module/outcome.h"

#include "core/failure_message.h"
#include "gateway/httpd/log.h"
#include "module/error_report.h"
#include "module/script_response.h"

namespace cppcgi::module {

namespace {

// A client's fault is worth a line, not an alarm.
int level_of(int status) noexcept { return status < 500 ? APLOG_WARNING : APLOG_ERR; }

// `report` stands behind what was thrown: its number, and where that was.
void log_limit(const httpd::Call& call, const cppcgi_outcome& outcome,
               const char* report) {
    const detail::FailureMessage message = detail::failure_message(outcome);
    ap_log_rerror(APLOG_MARK, level_of(outcome.status), 0, call.r,
                  "%s: handler %s refused a request with %d: %s; %s%s", message.number,
                  call.settings.handler, outcome.status, outcome.what, message.remedy,
                  report);
}

void log_exception(const httpd::Call& call, const cppcgi_outcome& outcome,
                   const char* report) {
    const detail::FailureMessage message = detail::failure_message(outcome);
    const bool is_unknown = outcome.cause == CPPCGI_CAUSE_UNKNOWN;
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, call.r,
                  "%s: handler %s threw %s%s%s%s%s; %s", message.number,
                  call.settings.handler, outcome.type, outcome.what[0] ? ": " : "",
                  outcome.what,
                  is_unknown ? ", which is not derived from std::exception" : "",
                  report, message.remedy);
}

void log_outcome(const httpd::Call& call, const cppcgi_outcome& outcome,
                 const char* report) {
    switch (outcome.cause) {
        case CPPCGI_CAUSE_ERROR:
            ap_log_rerror(APLOG_MARK, level_of(outcome.status), 0, call.r,
                          "CPPCGI0201: handler %s answered %d: %s%s",
                          call.settings.handler, outcome.status, outcome.what, report);
            return;
        case CPPCGI_CAUSE_LIMIT:
            return log_limit(call, outcome, report);
        case CPPCGI_CAUSE_EXCEPTION:
        case CPPCGI_CAUSE_UNKNOWN:
            return log_exception(call, outcome, report);
        case CPPCGI_CAUSE_ABORTED:
            ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, call.r,
                          "CPPCGI0205: the client left before handler %s had answered",
                          call.settings.handler);
            return;
        default:
            return;  // a refused head has had its line, with the field's name
    }
}

void log_wrong_length(const httpd::Call& call) {
    const apr_off_t missing = call.reply.missing();
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, call.r,
        "CPPCGI0211: handler %s declared a Content-Length and wrote %" APR_OFF_T_FMT
        " bytes %s; leave the header out, the server counts",
        call.settings.handler, missing < 0 ? -missing : missing,
        missing < 0 ? "more, which were not sent" : "less");
}

// A response that is complete as far as its handler is concerned.
int conclude_complete(httpd::Call& call) {
    if (call.redirect_to) return answer_with(call.r, call.redirect_to);
    if (call.reply.condition() != OK && call.reply.answer_condition()) return OK;
    const apr_off_t missing = call.reply.missing();
    if (missing != 0) log_wrong_length(call);
    if (missing > 0) return httpd::break_off(call.r);
    return call.reply.condition();
}

// Error takes any number; httpd wants one of an error.
int answer_error(request_rec* r, int status) noexcept {
    if (status < 400 || status > 599) return HTTP_INTERNAL_SERVER_ERROR;
    httpd::set_status(r, status);
    return status;
}

// An input filter has sent an error page in the handler's place. It says why at level info
// at most.
int conclude_refused_body(const httpd::Call& call) {
    if (call.r->status == HTTP_REQUEST_ENTITY_TOO_LARGE)
        ap_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, call.r,
            "CPPCGI0208: httpd refused the body of a request for handler %s "
            "with %d: it is longer than LimitRequestBody, raise it where such "
            "requests are wanted",
            call.settings.handler, call.r->status);
    else
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, call.r,
                      "CPPCGI0213: httpd refused the body of a request for handler %s "
                      "with %d: its chunks are malformed, or an input filter could not "
                      "decode it; the client sends what is no HTTP",
                      call.settings.handler, call.r->status);
    return AP_FILTER_ERROR;
}

}  // namespace

int conclude(httpd::Call& call, const cppcgi_outcome& outcome, const Handler& handler,
             cppcgi_entry entry) {
    if (call.body.is_answered()) return conclude_refused_body(call);
    if (outcome.cause == CPPCGI_CAUSE_NONE) return conclude_complete(call);
    const bool is_reported = detail::is_reported(outcome);
    detail::FailureReport report;
    if (is_reported) report = make_failure_report(call, outcome, handler, entry);
    log_outcome(call, outcome,
                is_reported ? detail::describe_for_log(report).c_str() : "");
    if (outcome.cause == CPPCGI_CAUSE_ABORTED) return OK;
    if (outcome.head_sent && call.reply.condition() == OK)
        return httpd::break_off(call.r);
    call.body.drain();
    if (is_reported) return send_report(call, report);
    return answer_error(call.r, outcome.status);
}

int refuse_path_info(request_rec* r, const Handler& handler) {
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, r,
        "CPPCGI0207: AcceptPathInfo Off refuses \"%s\" behind the URL of handler "
        "%s; turn it on where the handler is to get such requests",
        r->path_info, handler.label);
    return HTTP_NOT_FOUND;
}

int refuse_unavailable(request_rec* r, const Handler& handler) {
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  "CPPCGI0206: handler %s cannot be served: %s", handler.label,
                  handler.fault ? handler.fault : "its library is not open");
    return HTTP_SERVICE_UNAVAILABLE;
}

}  // namespace cppcgi::module
