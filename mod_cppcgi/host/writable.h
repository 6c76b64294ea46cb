// Who else could change what the server runs: the rule of CppCGIWritableLibraries. A
// library, or a directory above it that is not sticky, must be writable by root and the
// user that starts the server only. The server's parent asks, while it reads the
// configuration.
#ifndef CPPCGI_HOST_WRITABLE_H
#define CPPCGI_HOST_WRITABLE_H

#include <sys/types.h>

#include <string>

#include "host/library_fault.h"

namespace cppcgi::host {

// No fault, or who may write what, with the command that takes it away. Symbolic links
// are followed, and the directories that hold them count. A group counts as its members;
// a private group of root's or the starter's is as good as they are.
LibraryFault check_writable(const std::string& file, uid_t starter);

}  // namespace cppcgi::host

#endif
