// Needs a function that nobody defines: only an RTLD_NOW finds that out in time.
#include <cppcgi.h>

int defined_nowhere();

CPPCGI_HANDLER(undefined_symbol, req, res) { res << defined_nowhere(); }
