#include "gateway/program_report.h"

#include "core/failure_report.h"
#include "core/report_page.h"
#include "gateway/failure.h"

namespace cppcgi::program {

namespace {

using detail::FailureReport;
using detail::ReportMode;

// A FastCGI program meets the same throw again.
detail::FrameResolver& resolver() {
    static auto* const one = new detail::FrameResolver;
    return *one;
}

ReportMode mode_of(ProgramCall& call) {
    const auto word = call.environment().variable("CPPCGI_ERROR_REPORT");
    const auto directory = call.environment().variable("CPPCGI_ERROR_REPORT_DIR");
    ReportMode mode;
    mode.display = word == "browser" || word == "both";
    mode.log = word == "log" || word == "both";
    if (mode.log && directory) mode.directory = *directory;
    return mode;
}

cppcgi_text to_c(std::string_view text) noexcept { return {text.data(), text.size()}; }

}  // namespace

std::string report_outcome(ProgramCall& call, const cppcgi_outcome& outcome,
                           const detail::KeptReport& exception) {
    if (!detail::is_reported(outcome)) return log_outcome(call, outcome, {}), "";
    const std::string program = "/proc/self/exe";
    detail::ReportedHandler handler;
    handler.name = call.name();
    handler.library = call.environment().variable("SCRIPT_FILENAME").value_or(program);
    const detail::FailedCall failed = {
        program_gateway,
        &call,
        outcome,
        exception,
        handler,
        program,
        [&](const detail::CodePlace& place) {
            return place.mapped_as == program ? handler.library : place.mapped_as;
        }};
    const FailureReport report = detail::report_failure(
        resolver(), failed, ReportMode::of(exception, mode_of(call)));
    log_outcome(call, outcome, detail::describe_for_log(report));
    if (report.stored.error != 0)
        log_unstored_report(call, report.stored.path, report.stored.error);
    return report.page;
}

void send_report(ProgramCall& call, std::string_view page) {
    const cppcgi_pair headers[] = {
        {to_c("Content-Type"), to_c("text/html; charset=utf-8")},
        {to_c("Cache-Control"), to_c("no-store")},
        {to_c("Content-Security-Policy"), to_c(detail::report_policy)},
        {to_c("X-Content-Type-Options"), to_c("nosniff")}};
    const cppcgi_head head = {sizeof head, 500, to_c("Internal Server Error"), headers,
                              std::size(headers)};
    call.take_head(head);
    call.write(page, CPPCGI_WRITE_END);
}

}  // namespace cppcgi::program
