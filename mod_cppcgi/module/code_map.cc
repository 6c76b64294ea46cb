#include "module/code_map.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

namespace cppcgi::module {

namespace {

struct NamedCode {
    std::atomic<const void*> map{nullptr};  // null: free
    const char* path = nullptr;
    bool is_handlers = false;
};

// The dynamic linker has no name for the program itself.
constinit char program[256] = "(the server's program)";

// More versions than these, if all stay mapped, go by the names they were opened as.
constinit std::array<NamedCode, 512> named_code{};

const void* map_of(void* handle) noexcept {
    link_map* map = nullptr;
    return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 ? map : nullptr;
}

NamedCode* find_named(const void* map) noexcept {
    for (NamedCode& code : named_code)
        if (code.map.load(std::memory_order_acquire) == map) return &code;
    return nullptr;
}

}  // namespace

void prepare_code_map_child() noexcept {
    char path[sizeof program];
    const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path - 1);
    if (size > 0) *std::copy_n(path, size, program) = '\0';
}

bool find_code(std::uintptr_t address, CodePlace& place) noexcept {
#if __GLIBC_PREREQ(2, 35)
    // Made for unwinders: takes no lock, and knows what was opened since the child began.
    dl_find_object found;
    if (_dl_find_object(reinterpret_cast<void*>(address), &found) != 0) return false;
    const link_map* map = found.dlfo_link_map;
    const char* name = map->l_name && *map->l_name ? map->l_name : program;
    place = {name, address - map->l_addr, false};
    if (const NamedCode* code = find_named(map)) {
        place.file = code->path;
        place.is_handlers = code->is_handlers;
    }
    return true;
#else
    (void)address;
    (void)place;
    return false;
#endif
}

const void* name_code_child(void* handle, const char* path, bool is_handlers) noexcept {
    const void* map = map_of(handle);
    NamedCode* free = find_named(nullptr);
    if (!map || !free) return nullptr;
    free->path = path;
    free->is_handlers = is_handlers;
    free->map.store(map, std::memory_order_release);
    return map;
}

void forget_code_child(const void* code) noexcept {
    if (!code) return;
    if (NamedCode* named = find_named(code))
        named->map.store(nullptr, std::memory_order_release);
}

}  // namespace cppcgi::module
