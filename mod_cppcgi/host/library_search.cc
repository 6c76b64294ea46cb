#include "host/library_search.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <deque>
#include <set>
#include <string_view>

namespace cppcgi::host {
namespace {

constexpr std::size_t max_cache = 32u << 20;
constexpr std::size_t max_libraries = 500;

// glibc, sysdeps/generic/dl-cache.h: the format since 2.32, alone in the file.
constexpr std::string_view cache_magic = "glibc-ld.so.cache1.1";
struct CacheHeader {
    char magic[20];
    std::uint32_t count;
    std::uint32_t texts_size;
    std::uint32_t unused[5];
};
struct CacheEntry {
    std::int32_t flags;
    std::uint32_t name, path;  // offsets from the beginning of the file
    std::uint32_t os_version;
    std::uint64_t hardware;
};

void replace_all(std::string& text, std::string_view from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

// The directories of a list, "" dropped; `origin` is where the file that has it lies.
void add_directories(std::vector<std::string>& directories, const std::string& list,
                     const std::string& origin) {
    for (std::size_t at = 0; at <= list.size();) {
        std::size_t end = std::min(list.find_first_of(":;", at), list.size());
        std::string directory = list.substr(at, end - at);
        replace_all(directory, "$ORIGIN", origin);
        replace_all(directory, "${ORIGIN}", origin);
        if (!directory.empty()) directories.push_back(std::move(directory));
        at = end + 1;
    }
}

struct Found {
    std::string file;
    ElfFile elf;
    ElfNeeds needs;

    bool is_damaged() const noexcept {
        return elf.fault == ElfFault::not_elf || elf.fault == ElfFault::truncated;
    }
};

class Search {
public:
    Search(const ElfFile& program, const std::string& library_path)
        : program_(program), library_path_(library_path) {}

    // False when the name is nowhere, or only for another architecture.
    bool find(const std::string& name, const Found& needed_by, Found& found) const {
        if (name.find('/') != std::string::npos) return fits(name, found);
        std::vector<std::string> paths;
        for (const std::string& directory : directories(needed_by))
            paths.push_back(directory + "/" + name);
        for (std::string& path : cached_paths(name)) paths.push_back(std::move(path));
        for (const char* directory : {"/lib64/", "/usr/lib64/", "/lib/", "/usr/lib/"})
            paths.push_back(directory + name);
        for (const std::string& path : paths) {
            if (fits(path, found)) return true;
            if (found.is_damaged()) return false;
        }
        return false;
    }

private:
    std::vector<std::string> directories(const Found& needed_by) const {
        std::vector<std::string> all;
        std::size_t slash = needed_by.file.rfind('/');
        std::string origin =
            slash == std::string::npos ? "." : needed_by.file.substr(0, slash);
        add_directories(all, needed_by.needs.runpath, origin);
        add_directories(all, library_path_, origin);
        return all;
    }

    bool fits(const std::string& path, Found& found) const {
        const Descriptor fd = open_for_reading(path);
        if (!fd.is_open()) return false;
        found.file = path;
        found.elf = read_elf(fd.get());
        if (found.elf.fault != ElfFault::none || found.elf.bits != program_.bits ||
            found.elf.machine != program_.machine)
            return false;
        found.needs = read_needs(fd.get(), found.elf);
        return true;
    }

    const ElfFile& program_;
    const std::string& library_path_;
};

}  // namespace

std::vector<std::string> cached_paths(const std::string& name) {
    std::vector<std::string> paths;
    const Descriptor fd = open_for_reading("/etc/ld.so.cache");
    if (!fd.is_open()) return paths;
    struct stat status;
    if (::fstat(fd.get(), &status) != 0 || status.st_size < 0 ||
        static_cast<std::size_t>(status.st_size) > max_cache)
        return paths;
    std::string cache =
        read_range(fd.get(), 0, static_cast<std::size_t>(status.st_size));
    CacheHeader header;
    if (cache.size() < sizeof(header) ||
        cache.compare(0, cache_magic.size(), cache_magic) != 0)
        return paths;
    std::memcpy(&header, cache.data(), sizeof(header));
    for (std::size_t i = 0; i < header.count; ++i) {
        std::size_t at = sizeof(header) + i * sizeof(CacheEntry);
        if (at + sizeof(CacheEntry) > cache.size()) break;
        CacheEntry entry;
        std::memcpy(&entry, cache.data() + at, sizeof(entry));
        if (entry.name >= cache.size() || entry.path >= cache.size()) continue;
        if (name == cache.c_str() + entry.name)
            paths.emplace_back(cache.c_str() + entry.path);
    }
    return paths;
}

NeededLibraries needed_libraries(const std::string& file, const ElfFile& elf,
                                 const ElfNeeds& needs,
                                 const std::string& library_path) {
    Search search(elf, library_path);
    NeededLibraries all;
    std::set<std::string> seen;
    std::deque<Found> pending;
    pending.push_back({file, elf, needs});
    while (!pending.empty() && seen.size() < max_libraries) {
        Found current = std::move(pending.front());
        pending.pop_front();
        for (const std::string& name : current.needs.needed) {
            if (!seen.insert(name).second) continue;
            Found found;
            if (search.find(name, current, found)) {
                all.found.push_back(found.file);
                pending.push_back(std::move(found));
            } else {
                all.missing.push_back(
                    {name, current.file, found.is_damaged() ? found.file : ""});
            }
        }
    }
    return all;
}

std::vector<MissingLibrary> missing_libraries(const std::string& file,
                                              const ElfFile& elf, const ElfNeeds& needs,
                                              const std::string& library_path) {
    return needed_libraries(file, elf, needs, library_path).missing;
}

}  // namespace cppcgi::host
