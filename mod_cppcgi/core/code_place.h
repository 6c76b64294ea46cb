// An address of code as something that outlives the process: which file is mapped there,
// and where in it. Plain values.
#ifndef CPPCGI_CORE_CODE_PLACE_H
#define CPPCGI_CORE_CODE_PLACE_H

#include <cstdint>
#include <string>

namespace cppcgi::detail {

struct CodePlace {
    std::uintptr_t address = 0;
    std::uintptr_t base = 0;  // what to take off for an offset in the file
    // As the dynamic linker knows the file: "/proc/self/exe" for the program itself, empty
    // for code that is in no file.
    std::string mapped_as;

    std::uintptr_t offset() const noexcept { return address - base; }
};

// Takes no lock: other threads may be opening libraries or throwing.
CodePlace find_code_place(std::uintptr_t address);

}  // namespace cppcgi::detail

#endif
