// Error reports of programs: as the environment says (CPPCGI_ERROR_REPORT, with the words
// of CppCGIErrorReport, and CPPCGI_ERROR_REPORT_DIR), or the handler by cgitb::enable().
#ifndef CPPCGI_GATEWAY_PROGRAM_REPORT_H
#define CPPCGI_GATEWAY_PROGRAM_REPORT_H

#include "core/kept_report.h"
#include "gateway/program_call.h"

#include <string>
#include <string_view>

namespace cppcgi::program {

// Logs how a call has ended, with its report when it has one. Returns the page that goes
// out in its place; empty: an error's usual one.
std::string report_outcome(ProgramCall& call, const cppcgi_outcome& outcome,
                           const detail::KeptReport& exception);

// A complete response: 500, never to be cached.
void send_report(ProgramCall& call, std::string_view page);

}  // namespace cppcgi::program

#endif
