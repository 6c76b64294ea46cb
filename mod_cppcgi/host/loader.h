// Opens libraries from their private copies in a process that runs handlers: a server
// child after setuid, the checking process, a worker. Each gets a name that was never
// used before in the process: glibc matches names and would hand out the old library.
// A loader is used by one thread at a time.
#ifndef CPPCGI_HOST_LOADER_H
#define CPPCGI_HOST_LOADER_H

#include <cppcgi/abi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "host/card.h"
#include "host/library_fault.h"

namespace cppcgi::host {

struct OpenLibrary {
    LibraryFault fault;  // handle is null with a fault, never without
    void* handle = nullptr;
    std::string opened_as;  // what dlopen was given
};

struct Entry {
    LibraryFault fault;
    cppcgi_entry function = nullptr;
};

class Loader {
public:
    Loader() noexcept;

    // Opens the library behind `fd` with RTLD_NOW and RTLD_LOCAL; its constructors run.
    // The fault's text is dlerror's with `file`, the library's name, in place of the
    // descriptor's. Open libcppcgi.so.1 first: handlers find it by SONAME.
    OpenLibrary open(int fd, const std::string& file);

    // True when the code is gone; false when something keeps it mapped (a thread_local
    // with a destructor, a GNU-unique symbol, -z nodelete, another library).
    static bool close(OpenLibrary& library);

private:
    std::uint64_t serial_;
};

// The entry of one handler of an open library.
Entry find_entry(void* handle, const std::string& handler, const std::string& file);

// The address of a symbol that a library need not have; null when it has none.
void* find_symbol(void* handle, const std::string& symbol) noexcept;

// A path to descriptor `fd` of this process that differs for each `serial`.
std::string descriptor_path(int fd, std::uint64_t serial);

}  // namespace cppcgi::host

#endif
