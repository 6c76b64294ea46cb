#include "core/failure_report.h"

#include "core/report_page.h"

#include <algorithm>
#include <optional>
#include <span>

namespace cppcgi::detail {

namespace {

constexpr std::size_t most_in_log = 1500;

std::span<const std::uintptr_t> frames_of(const cppcgi_outcome& outcome) noexcept {
    if (!CPPCGI_HAS(&outcome, frames)) return {};
    return {outcome.frames, std::min<std::size_t>(outcome.frame_count, CPPCGI_FRAMES)};
}

}  // namespace

bool is_reported(const cppcgi_outcome& outcome) noexcept {
    return outcome.cause == CPPCGI_CAUSE_EXCEPTION ||
           outcome.cause == CPPCGI_CAUSE_UNKNOWN ||
           ((outcome.cause == CPPCGI_CAUSE_ERROR ||
             outcome.cause == CPPCGI_CAUSE_LIMIT) &&
            outcome.status == 500);
}

ReportMode ReportMode::of(const KeptReport& kept, const ReportMode& otherwise) {
    if (!kept.enabled) return otherwise;
    return {kept.display, !kept.display || !kept.logdir.empty(), kept.logdir};
}

FailureReport report_failure(FrameResolver& resolver, const FailedCall& failed,
                             const ReportMode& mode) {
    const std::vector<StackPlace> stack = resolver.resolve(frames_of(failed.outcome));
    std::vector<ReportFrame> frames =
        make_report_frames(stack, failed.users_library, failed.names);
    FailureReport report;
    report.id = report_id(failed.handler, failed.outcome.type, stack, failed.names);
    report.thrown_at = first_frames(frames).substr(0, most_in_log);
    // Asked for at most once, and not at all for a failure that is only counted.
    std::optional<ErrorReport> whole;
    const auto page = [&](bool counts) {
        if (!whole) {
            whole = make_error_report(failed.gateway, failed.call, failed.outcome,
                                      failed.kept);
            whole->id = report.id;
            whole->handler = failed.handler;
            whole->frames = std::move(frames);
        }
        return make_report_page(*whole, counts);
    };
    if (mode.log && !mode.directory.empty())
        report.stored =
            store_report(mode.directory, report.id, [&] { return page(true); });
    if (mode.display)
        report.page = page(false);
    else if (mode.log)
        report.page = make_visitor_page(report.id);
    report.is_for_visitors = !mode.display;
    return report;
}

std::string describe_for_log(const FailureReport& report) {
    std::string text = "; report " + report.id;
    if (!report.stored.path.empty() && report.stored.error == 0)
        text += " in " + report.stored.path;
    if (!report.thrown_at.empty()) text += "; thrown at " + report.thrown_at;
    return text;
}

std::string describe_for_log(FrameResolver& resolver, const cppcgi_outcome& outcome,
                             const LibraryNames& names) {
    const std::string text = first_frames(
        make_report_frames(resolver.resolve(frames_of(outcome)), {}, names));
    return text.empty() ? text : "; thrown at " + text.substr(0, most_in_log);
}

}  // namespace cppcgi::detail
