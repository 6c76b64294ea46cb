#include "core/code_place.h"

#include <dlfcn.h>
#include <link.h>

namespace cppcgi::detail {

namespace {

std::string shown_name(const char* name) {
    return name && *name ? name : "/proc/self/exe";
}

}  // namespace

#ifdef DLFO_STRUCT_HAS_EH_DBASE
CodePlace find_code_place(std::uintptr_t address) {
    CodePlace place{address, 0, {}};
    dl_find_object found;
    if (_dl_find_object(reinterpret_cast<void*>(address), &found) == 0) {
        place.base = found.dlfo_link_map->l_addr;
        place.mapped_as = shown_name(found.dlfo_link_map->l_name);
    }
    return place;
}
#else
namespace {

int find_in(dl_phdr_info* info, std::size_t, void* argument) noexcept {
    auto& place = *static_cast<CodePlace*>(argument);
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const auto& segment = info->dlpi_phdr[i];
        const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
        if (segment.p_type != PT_LOAD || place.address < begin ||
            place.address >= begin + segment.p_memsz)
            continue;
        place.base = info->dlpi_addr;
        place.mapped_as = shown_name(info->dlpi_name);
        return 1;
    }
    return 0;
}

}  // namespace

// Before glibc 2.35, and on musl, which lock the list of libraries for it.
CodePlace find_code_place(std::uintptr_t address) {
    CodePlace place{address, 0, {}};
    dl_iterate_phdr(find_in, &place);
    return place;
}
#endif

}  // namespace cppcgi::detail
