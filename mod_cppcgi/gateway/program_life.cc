#include "gateway/program_life.h"

#include <cppcgi/api.h>

// The program has them or not: no library may be needed for it.
extern "C" {
CPPCGI_API void cppcgi_child_start(cppcgi_outcome* outcome) __attribute__((weak));
CPPCGI_API void cppcgi_child_stop(cppcgi_outcome* outcome) __attribute__((weak));
}

namespace cppcgi::program {

namespace {

std::string run_hook(cppcgi_child hook, const char* name) {
    if (!hook) return {};
    cppcgi_outcome outcome;
    outcome.size = sizeof outcome;
    outcome.frame_count = 0;
    hook(&outcome);
    const std::string failure = failure_of(outcome);
    return failure.empty() ? failure : std::string(name) + " " + failure;
}

}  // namespace

std::string failure_of(const cppcgi_outcome& outcome) {
    if (outcome.cause == CPPCGI_CAUSE_NONE) return {};
    const bool has_text = outcome.what[0] != '\0';
    return std::string("threw ") + outcome.type + (has_text ? ": " : "") + outcome.what;
}

std::string start_program() {
    return run_hook(&cppcgi_child_start, "CPPCGI_CHILD_START");
}

std::string stop_program() { return run_hook(&cppcgi_child_stop, "CPPCGI_CHILD_STOP"); }

}  // namespace cppcgi::program
