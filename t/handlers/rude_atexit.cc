// Functions to be called at the end of the process, which may come after the library's.
#include <cppcgi.h>

#include <atomic>
#include <cstdlib>

#include "rude.h"

namespace {

std::atomic<int> calls{0};

void at_the_end() { calls = -1; }

}  // namespace

CPPCGI_HANDLER(rude_atexit, req, res) {
    if (calls++ == 0) std::atexit(at_the_end);
    res << build_number();
}
