// CppCGIErrorReport: what the log, the visitor and a file get of an exception that left a
// handler. What reports need of one another hangs off the server child.
#ifndef CPPCGI_MODULE_ERROR_REPORT_H
#define CPPCGI_MODULE_ERROR_REPORT_H

#include "core/failure_report.h"
#include "gateway/httpd/call.h"
#include "module/config.h"
#include "module/registry.h"

#include <httpd.h>
#include <atomic>
#include <string>

namespace cppcgi::module {

// Of a server child. Goes with its pool, unless calls are in flight then.
class ErrorReports {
public:
    detail::FrameResolver& resolver() noexcept { return resolver_; }

    // True at most once a minute: a full disk is not worth a line for each request.
    bool may_complain() noexcept;

private:
    detail::FrameResolver resolver_;
    std::atomic<std::int64_t> next_complaint_{0};
};

// Of this child; null before child_init and in the parent.
ErrorReports* error_reports(server_rec* server) noexcept;

// child_init, before libraries are opened.
void start_error_reports_child(apr_pool_t* child, server_rec* server);

// post_config: makes the directory for reports where none is named.
void make_report_directory(server_rec* server);

// The directory where none is named, below DefaultRuntimeDir.
const char* default_report_directory(apr_pool_t* pool);

// Makes the report of a failed call, with its file. Its number is in the notes as
// "cppcgi-report" and in the environment of an ErrorDocument as REDIRECT_CPPCGI_REPORT.
// `entry` is what was called.
detail::FailureReport make_failure_report(httpd::Call& call,
                                          const cppcgi_outcome& outcome,
                                          const Handler& handler, cppcgi_entry entry);

// Answers with the page of a report: what the content handler returns.
int send_report(httpd::Call& call, const detail::FailureReport& report);

// "; thrown at ...", for code of a library that failed outside of a call.
std::string thrown_at(server_rec* server, const cppcgi_outcome& outcome);

// log_transaction: an ErrorDocument's own request is the one that LogFormat sees.
void pass_report_note(request_rec* r) noexcept;

}  // namespace cppcgi::module

#endif
