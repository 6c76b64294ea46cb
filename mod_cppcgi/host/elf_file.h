// What an ELF file says of itself, read with pread from a descriptor: nothing is mapped,
// so a file cut short while it is read gives a fault, never SIGBUS. Headers are brought
// to 64 bits; files of the other byte order are named and not read further. Plain
// values; any thread.
#ifndef CPPCGI_HOST_ELF_FILE_H
#define CPPCGI_HOST_ELF_FILE_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/descriptor.h"

namespace cppcgi::host {

enum class ElfFault {
    none,
    unreadable,  // fstat or pread failed
    not_elf,     // no magic, or a header that no linker writes
    foreign,     // the other byte order
    truncated    // a table or what it points to ends outside the file
};

struct ElfSegment {
    std::uint32_t type = 0;  // PT_...
    std::uint64_t offset = 0;
    std::uint64_t address = 0;
    std::uint64_t size = 0;  // in the file
};

struct ElfSection {
    std::string name;
    std::uint32_t type = 0;  // SHT_...
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct ElfFile {
    ElfFault fault = ElfFault::none;
    std::string found;  // with a fault: what is there instead, "begins with ..."
    int bits = 0;       // 32 or 64
    bool little = true;
    std::uint16_t type = 0;     // ET_...
    std::uint16_t machine = 0;  // EM_...
    std::vector<ElfSegment> segments;
    std::vector<ElfSection> sections;

    const ElfSection* section(std::string_view name) const noexcept;
    const ElfSegment* segment(std::uint32_t type) const noexcept;
    // Whether code of this file can run in a process like this one.
    bool native() const noexcept;
    std::string architecture() const;  // "64-bit x86-64"
};

// What the dynamic linker is asked for.
struct ElfNeeds {
    std::string interpreter;          // PT_INTERP, "" without one
    std::vector<std::string> needed;  // DT_NEEDED
    std::string runpath;              // DT_RUNPATH, else DT_RPATH, unexpanded
    bool program = false;             // a position-independent executable
    bool nodelete = false;            // -z nodelete: stays mapped after dlclose
    bool symbolic = false;            // -Bsymbolic: finds its own symbols first
    bool static_tls = false;          // wants room for thread-local variables at once
};

// To be read by what follows; not blocking, since it might be a FIFO.
Descriptor open_for_reading(const std::string& file) noexcept;

// Reads header, program headers and section table, and checks that all they point to
// lies inside the file. The descriptor stays the caller's, its offset untouched.
ElfFile read_elf(int fd);

// Second step, of an ElfFile without fault; what cannot be read is left out.
ElfNeeds read_needs(int fd, const ElfFile& elf);

// `size` bytes from `offset`; shorter when the file ends before.
std::string read_range(int fd, std::uint64_t offset, std::size_t size);

// The architecture of this process, as ElfFile::architecture() puts it.
std::string own_architecture();

}  // namespace cppcgi::host

#endif
