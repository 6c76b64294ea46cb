// Everything an error report says, as plain text: gathered once from the call that failed,
// with what must not be shown hidden already; report_page.cc makes HTML of it. Plain
// values, of one call.
#ifndef CPPCGI_CORE_ERROR_REPORT_H
#define CPPCGI_CORE_ERROR_REPORT_H

#include <cppcgi/abi.h>

#include "core/frame_resolver.h"
#include "core/kept_report.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cppcgi::detail {

// One line of the stack: a function, with the file and offset of its code unless it was
// inlined into the next.
struct ReportFrame {
    std::string function;
    std::string file;
    std::uint32_t line = 0;
    std::vector<SourceLine> source;
    std::string library;
    std::uintptr_t offset = 0;
    bool is_inlined = false;
    bool is_users = false;  // of the handler's own library or program

    // "deep() (fault.cc:12)", "/srv/fault.so+0x1234".
    std::string to_string() const;
    std::string offset_text() const;  // "0x1234"
};

// What a person calls the file of a place: libraries may be opened from private copies.
using LibraryNames = std::function<std::string(const CodePlace&)>;

std::vector<ReportFrame> make_report_frames(const std::vector<StackPlace>& stack,
                                            const std::string& users_library,
                                            const LibraryNames& names);

// The frames that a line in a log has room for: the first of the user's own code.
std::string first_frames(const std::vector<ReportFrame>& frames);

struct ReportedHandler {
    std::string name;     // "library:handler"
    std::string library;  // its file
    std::string build;    // which state of that file
    int status = 500;
};

// The same for every throw at one place of one build by one way: 12 hexadecimal digits.
std::string report_id(const ReportedHandler& handler, std::string_view type,
                      const std::vector<StackPlace>& stack, const LibraryNames& names);

struct ErrorReport {
    std::string id;
    ReportedHandler handler;
    std::string time;  // UTC
    std::string method;
    std::string url;
    TextPairs exceptions;  // type and text; behind it those nested in it
    std::vector<ReportFrame> frames;
    TextPairs fields;
    TextPairs cookies;
    TextPairs parameters;
    TextPairs environment;
    int context = 5;
};

// Asks the host's table for the request. `outcome` says what was thrown when libcppcgi has
// reported no more than that.
ErrorReport make_error_report(const cppcgi_gateway& gateway, void* call,
                              const cppcgi_outcome& outcome, const KeptReport& kept);

}  // namespace cppcgi::detail

#endif
