// Functions, files and lines of code addresses, from the debug information of the files
// they are mapped from, by libdw, which is opened only here. Runs in a short-lived process
// of its own (frame_resolver.cc): libdw has no time limit and keeps what it has read.
#ifndef CPPCGI_CORE_DEBUG_LINES_H
#define CPPCGI_CORE_DEBUG_LINES_H

#include "core/code_place.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cppcgi::detail {

struct SourceLine {
    std::uint32_t number;
    std::string text;
};

// A function that was running: one place has several when calls were inlined.
struct SourceFrame {
    std::string function;  // demangled, empty when it is not known
    std::string file;      // empty when it is not known
    std::uint32_t line = 0;
    std::vector<SourceLine> source;  // around it, when the file can be read
};

using SourceFrames = std::vector<SourceFrame>;  // innermost first

// Of each place. `descriptors` holds an open file for each, -1 where there is none.
// All empty when libdw is not there.
std::vector<SourceFrames> find_source_frames(const std::vector<CodePlace>& places,
                                             const std::vector<int>& descriptors);

}  // namespace cppcgi::detail

#endif
