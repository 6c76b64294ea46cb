// A few lines of a source file around one of them, for error reports.
#ifndef CPPCGI_CORE_SOURCE_EXCERPT_H
#define CPPCGI_CORE_SOURCE_EXCERPT_H

#include "core/debug_lines.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cppcgi::detail {

inline constexpr std::uint32_t excerpt_reach = 10;  // lines before and behind it

// Empty when the file is not there, not regular, not to be read or has no such line.
std::vector<SourceLine> read_source_excerpt(const std::string& file,
                                            std::uint32_t line);

}  // namespace cppcgi::detail

#endif
