// Calls a piece of handler code in memory, with all that a test of Request and Response
// wants to see. What it returns owns its text.
#ifndef CPPCGI_T_MEMORY_CALL_H
#define CPPCGI_T_MEMORY_CALL_H

#include <cppcgi.h>

#include "gateway/memory.h"

#include <string>
#include <vector>

namespace cppcgi_test {

struct Answer {
    cppcgi::testing::Page page;
    cppcgi_outcome outcome;
    bool whole;                    // no part of it had left when it failed
    std::vector<unsigned> writes;  // their flags
};

// A lambda without captures is a handler: call([](auto& req, auto& res) { ... }).
inline Answer call(cppcgi::HandlerFunction handler,
                   const cppcgi::program::MemoryRequest& request = {},
                   const cppcgi_gateway& gateway = cppcgi::program::program_gateway) {
    const cppcgi::program::MemoryEnvironment environment(request);
    cppcgi::program::MemoryCall memory("test", request, environment);
    Answer answer{};
    answer.outcome.size = sizeof answer.outcome;
    cppcgi::detail::invoke(handler, &gateway,
                           static_cast<cppcgi::program::ProgramCall*>(&memory),
                           &answer.outcome);
    answer.whole = memory.conclude(answer.outcome);
    answer.writes = memory.writes();
    answer.page = memory.page();
    return answer;
}

}  // namespace cppcgi_test

#endif
