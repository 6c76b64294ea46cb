// The dynamic symbols of an ELF file: what it offers, what it asks for, and which of them
// keep its code mapped after dlclose. For the message about a library that stays, and
// for the doctor. Plain values; any thread.
#ifndef CPPCGI_HOST_ELF_SYMBOLS_H
#define CPPCGI_HOST_ELF_SYMBOLS_H

#include <string>
#include <vector>

#include "host/elf_file.h"

namespace cppcgi::host {

struct ElfSymbol {
    std::string name;
    bool defined = false;
    unsigned char binding = 0;  // STB_...
    unsigned char type = 0;     // STT_...
};

// In the order of the table; empty when there is none or it is damaged.
std::vector<ElfSymbol> read_symbols(int fd, const ElfFile& elf);

// Why the runtime keeps the library open as `fd` mapped after dlclose, as far as its file
// tells: "it defines the GNU-unique symbol NAME; ...". "" when the file gives no reason.
std::string reason_to_stay(int fd);

}  // namespace cppcgi::host

#endif
