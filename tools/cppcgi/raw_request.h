// A request as it went over the wire, from a file: for calling a handler with it again.
#ifndef CPPCGI_TOOLS_CPPCGI_RAW_REQUEST_H
#define CPPCGI_TOOLS_CPPCGI_RAW_REQUEST_H

#include "gateway/memory.h"

#include <string_view>

namespace cppcgi::tools {

// "POST /x?y=1 HTTP/1.1", header lines, an empty line and the body, with line ends of both
// kinds in the head; a chunked body is put together. What stands before the request line
// is passed over. Throws std::runtime_error with a sentence.
program::MemoryRequest parse_raw_request(std::string_view text);

}  // namespace cppcgi::tools

#endif
