// Cannot start until the file that LATE_START names is there.
#include <cppcgi.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

CPPCGI_CHILD_START() {
    const char* file = std::getenv("LATE_START");
    if (!file || !std::filesystem::exists(file))
        throw std::runtime_error("the database is not there yet");
}

CPPCGI_HANDLER(late_start, req, res) { res << "started"; }
