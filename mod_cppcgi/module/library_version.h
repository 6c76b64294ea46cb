// One state of a library's file, open in a server child: the entries of its handlers and
// its life. Shared by the calls that run in it: the last one that lets go stops it and
// closes it.
#ifndef CPPCGI_MODULE_LIBRARY_VERSION_H
#define CPPCGI_MODULE_LIBRARY_VERSION_H

#include <cppcgi/abi.h>

#include "host/card.h"
#include "host/loader.h"
#include "module/library_life.h"

#include <httpd.h>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cppcgi::module {

// The loader of a child, for one thread at a time.
struct LibraryOpener {
    std::mutex mutex;
    host::Loader loader;
};

class LibraryVersion {
public:
    struct Entry {
        std::string name;
        std::uint32_t flags;
        cppcgi_entry function;
    };

    // Opens the library behind the descriptor, which becomes the version's when
    // `owns_descriptor`. fault() says why it cannot be served.
    LibraryVersion(server_rec* server, LibraryOpener& opener, const char* path,
                   int descriptor, bool owns_descriptor,
                   const std::vector<host::Card>& cards);
    ~LibraryVersion();
    LibraryVersion(const LibraryVersion&) = delete;
    LibraryVersion& operator=(const LibraryVersion&) = delete;

    const host::LibraryFault& fault() const noexcept { return fault_; }

    // Null when the library has no such handler.
    const Entry* find(std::string_view handler) const noexcept;

    // Null when the library has none.
    LibraryLife* life() noexcept { return life_ ? &*life_ : nullptr; }

private:
    server_rec* server_;
    LibraryOpener& opener_;
    const char* path_;
    int descriptor_;
    bool owns_descriptor_;
    host::OpenLibrary opened_;
    host::LibraryFault fault_;
    const void* code_ = nullptr;  // its name in the code map
    std::vector<Entry> entries_;
    std::optional<LibraryLife> life_;
};

// Who counts versions that this child could not unmap: called once for each, with the path
// of its library. Set in child_init.
using StillMappedCounter = void (*)(const char* path) noexcept;
void count_still_mapped_child(StillMappedCounter counter) noexcept;

}  // namespace cppcgi::module

#endif
