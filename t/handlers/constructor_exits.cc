// A static object that ends the process which opens the library.
#include <cppcgi.h>

#include <cstdlib>

namespace {
struct Exits {
    Exits() { std::exit(0); }
} exits;
}  // namespace

CPPCGI_HANDLER(constructor_exits, req, res) { res << "never"; }
