// A handler's program started by hand: says what it is, takes its form from NAME=VALUE
// arguments or from standard input (one NAME=VALUE a line, or as a browser sends it), and
// prints what a server would get. Variables of the shell's environment count as the
// request's: HTTP_COOKIE='a=1' PATH_INFO=/x ./hello.cgi.
#ifndef CPPCGI_GATEWAY_TERMINAL_H
#define CPPCGI_GATEWAY_TERMINAL_H

#include "gateway/cgi.h"

#include <span>
#include <string>
#include <vector>

namespace cppcgi::program {

// The request that arguments and environment make; owns the list for Environment.
class TerminalRequest {
public:
    TerminalRequest(std::string_view name, const char* const* environment,
                    std::span<const char* const> arguments, bool form_on_input);

    const char* const* entries() const noexcept { return entries_.data(); }
    // Those without "=".
    std::span<const char* const> arguments() const noexcept { return arguments_; }

private:
    std::vector<std::string> owned_;
    std::vector<const char*> entries_;
    std::vector<const char*> arguments_;
};

// A form as it stands in a file, as an urlencoded body: line ends separate fields.
std::string form_of_lines(std::string_view text);

// Returns the exit status: 1 when the handler failed.
int run_terminal(std::string_view name, cppcgi_entry entry,
                 const char* const* environment,
                 std::span<const char* const> arguments);

}  // namespace cppcgi::program

#endif
