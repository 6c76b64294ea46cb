#include "host/loader.h"

#include <dlfcn.h>

#include <chrono>
#include <string_view>
#include <utility>

namespace cppcgi::host {
namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// dlerror has no codes; these phrases of glibc's have been stable for twenty years.
std::pair<LibraryCause, const char*> classify(const std::string& error,
                                              bool of_itself) {
    if (contains(error, "undefined symbol"))
        return {LibraryCause::undefined_symbol,
                "link it with the library that defines the symbol; "
                "-Wl,--no-undefined finds this when it is built"};
    if (contains(error, "version `") && contains(error, "not found"))
        return {LibraryCause::old_dependency,
                "it was built against a newer version of that library: build it on "
                "this system"};
    if (contains(error, "cannot open shared object file") && !of_itself)
        return {LibraryCause::missing_dependency,
                "install that library, or add its directory to the handler's RPATH "
                "(not $ORIGIN: it is opened from a private copy) or to ld.so.conf"};
    if (contains(error, "static TLS"))
        return {LibraryCause::static_tls,
                "build it and what it is linked with without -ftls-model=initial-exec"};
    if (contains(error, "cannot open shared object file"))
        return {LibraryCause::cannot_open,
                "the server's user must be able to read the library, and /proc must "
                "be mounted where the server runs"};
    return {LibraryCause::cannot_open,
            "it, or a library that it needs, is damaged or not made for this system: "
            "`cppcgi doctor` looks closer"};
}

std::string last_error() {
    const char* error = ::dlerror();
    return error != nullptr ? error : "no reason given";
}

}  // namespace

std::string descriptor_path(int fd, std::uint64_t serial) {
    // Each bit of the serial number is one "." component, after one slash or two.
    std::string path = "/proc/self/fd";
    for (; serial != 0; serial >>= 1) path += (serial & 1) != 0 ? "//." : "/.";
    return path + "/" + std::to_string(fd);
}

// Several loaders of a process must not meet: an open takes longer than a nanosecond, so
// a later one starts behind all names of an earlier one.
Loader::Loader() noexcept
    : serial_(static_cast<std::uint64_t>(
          std::chrono::steady_clock::now().time_since_epoch() /
          std::chrono::nanoseconds(1))) {}

OpenLibrary Loader::open(int fd, const std::string& file) {
    OpenLibrary library;
    library.opened_as = descriptor_path(fd, serial_++);
    library.handle = ::dlopen(library.opened_as.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library.handle != nullptr) return library;
    std::string error = last_error();
    bool of_itself = error.compare(0, library.opened_as.size(), library.opened_as) == 0;
    if (of_itself) error.erase(0, library.opened_as.size());
    if (error.compare(0, 2, ": ") == 0) error.erase(0, 2);
    replace_all(error, library.opened_as, file);
    auto [cause, remedy] = classify(error, of_itself);
    library.fault = {cause, file + " cannot be opened: " + error + "; " + remedy};
    return library;
}

bool Loader::close(OpenLibrary& library) {
    if (library.handle == nullptr) return true;
    ::dlclose(std::exchange(library.handle, nullptr));
    void* still = ::dlopen(library.opened_as.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (still == nullptr) return true;
    ::dlclose(still);
    return false;
}

void* find_symbol(void* handle, const std::string& symbol) noexcept {
    return ::dlsym(handle, symbol.c_str());
}

Entry find_entry(void* handle, const std::string& handler, const std::string& file) {
    Entry entry;
    std::string symbol = entry_symbol(handler);
    void* address = find_symbol(handle, symbol);
    if (address == nullptr) {
        entry.fault = {LibraryCause::no_entry,
                       file + " has a card of the handler " + handler +
                           " but does not export " + symbol +
                           ": build it without a version script that hides it, and "
                           "with the CPPCGI_HANDLER of this libcppcgi"};
        return entry;
    }
    entry.function = reinterpret_cast<cppcgi_entry>(address);
    return entry;
}

}  // namespace cppcgi::host
