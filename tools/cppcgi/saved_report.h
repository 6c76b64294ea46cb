// A saved error report as the request that it tells of, for calling the handler with it
// again. What the report hides or does not have is named.
#ifndef CPPCGI_TOOLS_CPPCGI_SAVED_REPORT_H
#define CPPCGI_TOOLS_CPPCGI_SAVED_REPORT_H

#include "gateway/memory.h"

#include <string>
#include <string_view>
#include <vector>

namespace cppcgi::tools {

struct SavedReport {
    program::MemoryRequest request;
    std::string handler;
    std::vector<std::string> hidden;   // "the header Authorization": they are [hidden]
    std::vector<std::string> missing;  // "the content of the file a.txt": empty, or cut
};

// A page as CppCGIErrorReport makes it, from its directory or saved in a browser.
bool is_saved_report(std::string_view text) noexcept;

// Throws std::runtime_error with a sentence.
SavedReport parse_saved_report(std::string_view text);

}  // namespace cppcgi::tools

#endif
