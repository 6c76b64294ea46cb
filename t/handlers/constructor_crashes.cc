// A static object whose constructor crashes.
#include <cppcgi.h>

namespace {
struct Crashes {
    Crashes() { __builtin_trap(); }
} crashes;
}  // namespace

CPPCGI_HANDLER(constructor_crashes, req, res) { res << "never"; }
