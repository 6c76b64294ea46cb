// Runs code around its calls, for programs: the hooks, which have no request, leave a line
// each in the file that the environment names.
#include <cppcgi.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace {

int starts = 0;

void note(const char* word) {
    if (const char* file = std::getenv("LIFE_FILE"))
        std::ofstream(file, std::ios::app) << word << '\n';
}

}  // namespace

CPPCGI_CHILD_START() {
    if (std::getenv("LIFE_FAILS")) throw std::runtime_error("no database");
    ++starts;
    note("start");
}

CPPCGI_CHILD_STOP() { note("stop"); }

CPPCGI_HANDLER(program_life, req, res) {
    note("call");
    res << starts << " starts";
}
CPPCGI_MAIN(program_life)
