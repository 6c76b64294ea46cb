// One handler called as the file, so that the file's name is enough to ask for it.
#include <cppcgi.h>

CPPCGI_HANDLER(twins, req, res) { res << "twins"; }

CPPCGI_HANDLER(sibling, req, res) { res << "sibling"; }
