// Which file the code at an address is from. A signal handler may ask; libraries that were
// opened from private copies are known by the names that a person knows. Of one server
// child, which never unloads the module: static state is allowed here.
#ifndef CPPCGI_MODULE_CODE_MAP_H
#define CPPCGI_MODULE_CODE_MAP_H

#include <cstdint>

namespace cppcgi::module {

struct CodePlace {
    const char* file;
    std::uintptr_t offset;  // from where the file is loaded: what addr2line wants
    bool is_handlers;       // in a library of handlers, where a defect most likely is
};

// Before the first question.
void prepare_code_map_child() noexcept;

// False when the address is in no file. Async-signal-safe.
bool find_code(std::uintptr_t address, CodePlace& place) noexcept;

// After dlopen, and after a dlclose that unmapped it with what the first returned; by one
// thread at a time. The path lives as long as the child.
const void* name_code_child(void* handle, const char* path, bool is_handlers) noexcept;
void forget_code_child(const void* code) noexcept;

}  // namespace cppcgi::module

#endif
