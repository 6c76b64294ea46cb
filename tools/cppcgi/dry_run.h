// Runs a script once, as the server's user and with the environment of a real request, in a
// bounded time and with a bounded output.
#ifndef CPPCGI_TOOLS_CPPCGI_DRY_RUN_H
#define CPPCGI_TOOLS_CPPCGI_DRY_RUN_H

#include <chrono>
#include <string>
#include <vector>

#include "host/diagnosis.h"
#include "host/identity.h"

namespace cppcgi::tools {

// The environment of GET / for that script, "NAME=VALUE".
std::vector<std::string> cgi_environment(const std::string& file);

struct DryRunBounds {
    std::chrono::milliseconds time{10000};
    std::size_t output = 1 << 20;  // a head may have half of it
};

// Adds what came of it: the head and the first lines, or the fault with its number.
void dry_run(host::Diagnosis& diagnosis, const host::Identity& user,
             const std::vector<std::string>& environment,
             const DryRunBounds& bounds = {});

// Becomes the user in a process that has nothing else to do; "" or why it cannot.
std::string become(const host::Identity& user);

}  // namespace cppcgi::tools

#endif
