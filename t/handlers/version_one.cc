// One of two versions of a library, told apart by what it answers.
#include <cppcgi.h>

CPPCGI_HANDLER(version, req, res) { res << "one"; }
