#include "host/elf_symbols.h"

#include <cxxabi.h>
#include <elf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace cppcgi::host {
namespace {

constexpr std::uint64_t max_table = 64u << 20;

std::string section_bytes(int fd, const ElfFile& elf, const char* name) {
    const ElfSection* section = elf.section(name);
    if (section == nullptr || section->size > max_table) return {};
    return read_range(fd, section->offset, static_cast<std::size_t>(section->size));
}

template <class Symbol>
std::vector<ElfSymbol> read_table(int fd, const ElfFile& elf) {
    std::vector<ElfSymbol> symbols;
    std::string table = section_bytes(fd, elf, ".dynsym");
    std::string texts = section_bytes(fd, elf, ".dynstr");
    for (std::size_t at = sizeof(Symbol); at + sizeof(Symbol) <= table.size();
         at += sizeof(Symbol)) {
        Symbol raw;
        std::memcpy(&raw, table.data() + at, sizeof(raw));
        if (raw.st_name >= texts.size()) continue;
        symbols.push_back({texts.c_str() + raw.st_name, raw.st_shndx != SHN_UNDEF,
                           static_cast<unsigned char>(raw.st_info >> 4),
                           static_cast<unsigned char>(raw.st_info & 15)});
    }
    return symbols;
}

std::string demangled(const std::string& name) {
    int status = 0;
    char* text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
    std::string result = status == 0 && text != nullptr ? text : name;
    std::free(text);
    return result;
}

}  // namespace

std::vector<ElfSymbol> read_symbols(int fd, const ElfFile& elf) {
    return elf.bits == 64 ? read_table<Elf64_Sym>(fd, elf)
                          : read_table<Elf32_Sym>(fd, elf);
}

std::string reason_to_stay(int fd) {
    ElfFile elf = read_elf(fd);
    if (elf.fault != ElfFault::none) return {};
    if (read_needs(fd, elf).nodelete)
        return "it is linked with -z nodelete; link it without";
    std::vector<ElfSymbol> symbols = read_symbols(fd, elf);
    auto unique = std::find_if(symbols.begin(), symbols.end(), [](const ElfSymbol& s) {
        return s.defined && s.binding == STB_GNU_UNIQUE;
    });
    if (unique != symbols.end())
        return "it defines the GNU-unique symbol " + demangled(unique->name) +
               "; build it with -fno-gnu-unique, as `cppcgi build` does";
    for (const ElfSymbol& symbol : symbols)
        if (!symbol.defined && symbol.name == "__cxa_thread_atexit")
            return "it has a thread_local object with a destructor, which threads of "
                   "the server still hold; use a plain one, or state of the handler";
    return {};
}

}  // namespace cppcgi::host
