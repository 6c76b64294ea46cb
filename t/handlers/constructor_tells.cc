// A static object that tells the file named by CPPCGI_TEST_REPORT who opened the library.
#include <cppcgi.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

struct Tells {
    Tells() {
        const char* name = std::getenv("CPPCGI_TEST_REPORT");
        const int file = name ? ::open(name, O_WRONLY | O_APPEND) : -1;
        if (file < 0) return;
        ::dprintf(file, "%ld %lu\n", static_cast<long>(::getpid()),
                  static_cast<unsigned long>(::geteuid()));
        ::close(file);
    }
} tells;

}  // namespace

CPPCGI_HANDLER(constructor_tells, req, res) { res << "told"; }
