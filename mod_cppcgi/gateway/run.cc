#include <cppcgi/handler.h>

#include "gateway/cgi.h"
#include "gateway/fastcgi_hook.h"
#include "gateway/terminal.h"

#include <cstdlib>
#include <unistd.h>

namespace cppcgi {

int run(int argc, char** argv, const char* name, cppcgi_entry entry) {
    const std::span<const char* const> arguments(
        argv + (argc > 0 ? 1 : 0), argc > 0 ? static_cast<std::size_t>(argc) - 1 : 0);
    if (program::run_fastcgi) {
        if (const auto status = program::run_fastcgi(name, entry, arguments))
            return *status;
    }
    // RFC 3875 section 4.1.4 demands it of every server.
    return std::getenv("GATEWAY_INTERFACE")
               ? program::run_cgi(name, entry, environ, arguments)
               : program::run_terminal(name, entry, environ, arguments);
}

}  // namespace cppcgi
