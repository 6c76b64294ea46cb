// Where the dynamic linker finds the shared libraries of a program or library: its
// RUNPATH, LD_LIBRARY_PATH, ld.so.cache and the standard directories, in that order.
// Nothing is opened for execution. Plain values; any thread.
#ifndef CPPCGI_HOST_LIBRARY_SEARCH_H
#define CPPCGI_HOST_LIBRARY_SEARCH_H

#include <string>
#include <vector>

#include "host/elf_file.h"

namespace cppcgi::host {

struct MissingLibrary {
    std::string name;       // as it is asked for: "libfoo.so.1"
    std::string needed_by;  // the file that asks
    std::string damaged;    // the file of that name at which the dynamic linker stops
};

// The paths under which ld.so.cache lists NAME; empty without a cache of a known format.
std::vector<std::string> cached_paths(const std::string& name);

// Every library that `file` needs, itself or through others.
struct NeededLibraries {
    std::vector<std::string> found;  // their paths
    std::vector<MissingLibrary> missing;
};

// `library_path` is LD_LIBRARY_PATH; `elf` and `needs` are the file's own.
NeededLibraries needed_libraries(const std::string& file, const ElfFile& elf,
                                 const ElfNeeds& needs,
                                 const std::string& library_path);

// Those that are nowhere.
std::vector<MissingLibrary> missing_libraries(const std::string& file,
                                              const ElfFile& elf, const ElfNeeds& needs,
                                              const std::string& library_path);

}  // namespace cppcgi::host

#endif
