// libcppcgi.so.1 of this module: opened before the handler libraries, from a private copy
// too, so that they need no RPATH, and so that a child born after an upgrade of the package
// does not join the old module to the new library.
#ifndef CPPCGI_MODULE_OWN_LIBRARY_H
#define CPPCGI_MODULE_OWN_LIBRARY_H

#include <string>

namespace cppcgi::module {

// Where it lies: beside the module's own file, else in the installation's library
// directory. Empty when it is in neither.
std::string find_own_library();

}  // namespace cppcgi::module

#endif
