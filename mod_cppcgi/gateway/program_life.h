// What a program's own file runs around its calls, CPPCGI_CHILD_START before the first and
// CPPCGI_CHILD_STOP after the last. Handler libraries have theirs run by who opens them.
#ifndef CPPCGI_GATEWAY_PROGRAM_LIFE_H
#define CPPCGI_GATEWAY_PROGRAM_LIFE_H

#include <cppcgi/abi.h>

#include <string>

namespace cppcgi::program {

// "threw std::runtime_error: no database", and empty when it went well.
std::string failure_of(const cppcgi_outcome& outcome);

// Each once in a process; nothing when the file has no such code. Empty when it went well,
// else what happened: "CPPCGI_CHILD_START threw int".
std::string start_program();
std::string stop_program();

}  // namespace cppcgi::program

#endif
