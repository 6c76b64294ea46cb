// libcppcgi.so.1 of this module: opened before the handler libraries, from a private copy
// too, so that they need no RPATH, and so that a child born after an upgrade of the package
// does not join the old module to the new library.
#ifndef CPPCGI_MODULE_OWN_LIBRARY_H
#define CPPCGI_MODULE_OWN_LIBRARY_H

#include <array>
#include <string>

namespace cppcgi::module {

// Where it may lie, the best place first: beside the module's own file, as in a build
// tree, and in the library directory of the installation.
std::array<std::string, 2> own_library_paths();

}  // namespace cppcgi::module

#endif
