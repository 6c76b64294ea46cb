// Throws a standard exception before it has written anything.
#include <cppcgi.h>

#include <stdexcept>

CPPCGI_HANDLER(thrower, req, res) { throw std::runtime_error("as asked"); }
