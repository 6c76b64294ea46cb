// The short-lived process in which debug information is read.
#ifndef CPPCGI_CORE_LOOKUP_PROCESS_H
#define CPPCGI_CORE_LOOKUP_PROCESS_H

#include "core/code_place.h"
#include "core/debug_lines.h"

#include <chrono>
#include <vector>

namespace cppcgi::detail {

// The frames of each place, with source lines; empty when that could not be found out in
// time. Never throws but for memory.
std::vector<SourceFrames> run_lookup(const std::vector<CodePlace>& places,
                                     std::chrono::steady_clock::time_point deadline);

// How the process hands over what it has found; a text that was cut off ends where it is
// cut.
std::string write_frames(const std::vector<SourceFrames>& places);
std::vector<SourceFrames> read_frames(const std::string& text);

}  // namespace cppcgi::detail

#endif
