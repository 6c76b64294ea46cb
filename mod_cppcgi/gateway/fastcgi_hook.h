// How run() finds the FastCGI gateway without needing it: libcppcgi-fcgi defines this
// function, and where that is not linked in it is null.
#ifndef CPPCGI_GATEWAY_FASTCGI_HOOK_H
#define CPPCGI_GATEWAY_FASTCGI_HOOK_H

#include <cppcgi/abi.h>
#include <cppcgi/api.h>

#include <optional>
#include <span>
#include <string_view>

namespace cppcgi::program {

// The exit status, or nothing when the program was not started as a FastCGI worker.
CPPCGI_API std::optional<int> run_fastcgi(std::string_view name, cppcgi_entry entry,
                                          std::span<const char* const> arguments)
    __attribute__((weak));

}  // namespace cppcgi::program

#endif
