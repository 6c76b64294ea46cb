// What a program says when a call goes wrong: the lines of the error log, with the numbers
// that the same causes have inside httpd, and the page the client sees. The text of an
// exception goes to the log only.
#ifndef CPPCGI_GATEWAY_FAILURE_H
#define CPPCGI_GATEWAY_FAILURE_H

#include "gateway/program_call.h"

namespace cppcgi::program {

// What a handler logs itself.
void log_message(ProgramCall& call, const cppcgi_log_record& record);

// `report` stands behind what was thrown: its number, and where that was.
void log_outcome(ProgramCall& call, const cppcgi_outcome& outcome,
                 std::string_view report);
void log_bad_head(ProgramCall& call, std::string_view what);
// `missing` bytes of the length that was declared, below zero for those beyond it.
void log_wrong_length(ProgramCall& call, std::int64_t missing);
void log_unknown_handler(ProgramCall& call);
// What runs before or after the call failed: "CPPCGI_CHILD_START threw int".
void log_failed_life(ProgramCall& call, std::string_view failure);
void log_bad_limit(ProgramCall& call, std::string_view variable);

// The same for a report of which no file could be made.
void log_unstored_report(ProgramCall& call, std::string_view path, int error);

// A complete response of this status; 500 for one that is no error's.
void send_error_page(ProgramCall& call, int status);

}  // namespace cppcgi::program

#endif
