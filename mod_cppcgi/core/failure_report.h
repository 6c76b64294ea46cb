// From a call that failed to its error report: what the hosts of handlers have in common.
#ifndef CPPCGI_CORE_FAILURE_REPORT_H
#define CPPCGI_CORE_FAILURE_REPORT_H

#include <cppcgi/abi.h>

#include "core/error_report.h"
#include "core/frame_resolver.h"
#include "core/kept_report.h"
#include "core/report_store.h"

#include <string>

namespace cppcgi::detail {

// True for an exception that is no answer of the handler's: cppcgi::Error with any other
// status than 500 is one.
bool is_reported(const cppcgi_outcome& outcome) noexcept;

// What CppCGIErrorReport says, or the handler by cgitb::enable().
struct ReportMode {
    bool display = false;  // the report to the client
    bool log = false;      // a file, and to the client its number
    std::string directory;

    // `otherwise` unless the handler has said something.
    static ReportMode of(const KeptReport& kept, const ReportMode& otherwise);
};

struct FailedCall {
    const cppcgi_gateway& gateway;
    void* call;
    const cppcgi_outcome& outcome;
    const KeptReport& kept;
    ReportedHandler handler;
    std::string users_library;  // as CodePlace::mapped_as has it
    LibraryNames names;
};

struct FailureReport {
    std::string id;
    std::string thrown_at;  // for the log, in one line; empty when it is not known
    std::string page;       // for the client; empty: nothing but an error's usual page
    bool is_for_visitors = false;  // the page has the number only
    StoredReport stored;           // path is empty when no file was wanted
};

FailureReport report_failure(FrameResolver& resolver, const FailedCall& failed,
                             const ReportMode& mode);

// "; report 1f0c...; thrown at deep() (fault.cc:12) < ...", for the line in the log.
std::string describe_for_log(const FailureReport& report);

// The same for code of a library that runs outside of a call; empty when nothing is known.
std::string describe_for_log(FrameResolver& resolver, const cppcgi_outcome& outcome,
                             const LibraryNames& names);

}  // namespace cppcgi::detail

#endif
