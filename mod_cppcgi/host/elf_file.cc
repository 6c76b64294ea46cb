#include "host/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace cppcgi::host {
namespace {

// More than any linker writes; a bound on the memory that a hostile file can ask for.
constexpr std::uint64_t max_table = 16u << 20;
constexpr std::uint64_t max_text = 64u << 10;

#if defined(__x86_64__)
constexpr std::uint16_t own_machine = EM_X86_64;
#elif defined(__i386__)
constexpr std::uint16_t own_machine = EM_386;
#elif defined(__aarch64__)
constexpr std::uint16_t own_machine = EM_AARCH64;
#elif defined(__arm__)
constexpr std::uint16_t own_machine = EM_ARM;
#elif defined(__riscv)
constexpr std::uint16_t own_machine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr std::uint16_t own_machine = EM_PPC64;
#elif defined(__s390x__)
constexpr std::uint16_t own_machine = EM_S390;
#else
#error "say which EM_... this architecture has"
#endif
constexpr int own_bits = static_cast<int>(sizeof(void*) * 8);
constexpr bool own_little = std::endian::native == std::endian::little;

struct Elf32 {
    using Header = Elf32_Ehdr;
    using Segment = Elf32_Phdr;
    using Section = Elf32_Shdr;
    using Dynamic = Elf32_Dyn;
};

struct Elf64 {
    using Header = Elf64_Ehdr;
    using Segment = Elf64_Phdr;
    using Section = Elf64_Shdr;
    using Dynamic = Elf64_Dyn;
};

bool inside(std::uint64_t offset, std::uint64_t size, std::uint64_t file_size) {
    return offset <= file_size && size <= file_size - offset;
}

// The i-th T of a table; memcpy because a string's bytes are not aligned for T.
template <class T>
T entry(const std::string& table, std::size_t i) {
    T value;
    std::memcpy(&value, table.data() + i * sizeof(T), sizeof(T));
    return value;
}

std::string text_at(const std::string& table, std::uint64_t at) {
    if (at >= table.size()) return {};
    return std::string(table.c_str() + at);
}

std::string machine_name(std::uint16_t machine) {
    switch (machine) {
        case EM_386:
            return "x86";
        case EM_X86_64:
            return "x86-64";
        case EM_ARM:
            return "ARM";
        case EM_AARCH64:
            return "AArch64";
        case EM_RISCV:
            return "RISC-V";
        case EM_PPC:
            return "PowerPC";
        case EM_PPC64:
            return "PowerPC64";
        case EM_S390:
            return "s390";
        case EM_MIPS:
            return "MIPS";
        case EM_SPARCV9:
            return "SPARC";
        default:
            return "machine " + std::to_string(machine);
    }
}

std::string describe(int bits, bool little, std::uint16_t machine) {
    std::string name = std::to_string(bits) + "-bit " + machine_name(machine);
    if (little != own_little) name += little ? ", little-endian" : ", big-endian";
    return name;
}

// The first bytes as a person would recognise them.
std::string beginning(const std::string& bytes) {
    if (bytes.empty()) return "it is empty";
    std::string text = "it begins with \"";
    for (std::size_t i = 0; i < bytes.size() && i < 16 && bytes[i] != '\n'; ++i) {
        unsigned char c = static_cast<unsigned char>(bytes[i]);
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            text += static_cast<char>(c);
        } else {
            constexpr char digits[] = "0123456789abcdef";
            text += {'\\', 'x', digits[c >> 4], digits[c & 15]};
        }
    }
    return text + "\"";
}

ElfFile& fail(ElfFile& elf, ElfFault fault, std::string found) {
    elf.fault = fault;
    elf.found = std::move(found);
    return elf;
}

ElfFile& cut_short(ElfFile& elf, const std::string& part, std::uint64_t end,
                   std::uint64_t file_size) {
    return fail(elf, ElfFault::truncated,
                part + " ends at byte " + std::to_string(end) + ", the file at byte " +
                    std::to_string(file_size));
}

template <class Format>
class Reader {
public:
    Reader(int fd, std::uint64_t file_size) : fd_(fd), file_size_(file_size) {}

    void read(ElfFile& elf) {
        std::string bytes = read_range(fd_, 0, sizeof(header_));
        if (bytes.size() < sizeof(header_)) {
            cut_short(elf, "its header", sizeof(header_), file_size_);
            return;
        }
        std::memcpy(&header_, bytes.data(), sizeof(header_));
        elf.type = header_.e_type;
        elf.machine = header_.e_machine;
        read_segments(elf);
        if (elf.fault == ElfFault::none) read_sections(elf);
    }

private:
    // A whole table of COUNT entries, or "" with the fault set.
    std::string table(ElfFile& elf, const char* part, std::uint64_t offset,
                      std::uint64_t count, std::size_t entry_size) {
        std::uint64_t size = count * entry_size;
        if (!inside(offset, size, file_size_)) {
            cut_short(elf, part, offset + size, file_size_);
            return {};
        }
        if (size > max_table) {
            fail(elf, ElfFault::not_elf, std::string(part) + " is absurdly large");
            return {};
        }
        std::string bytes = read_range(fd_, offset, static_cast<std::size_t>(size));
        if (bytes.size() < size) cut_short(elf, part, offset + size, file_size_);
        return bytes;
    }

    void read_segments(ElfFile& elf) {
        using Segment = typename Format::Segment;
        if (header_.e_phnum == 0) return;
        if (header_.e_phentsize != sizeof(Segment)) {
            fail(elf, ElfFault::not_elf, "its program headers have a wrong size");
            return;
        }
        std::string bytes = table(elf, "its table of segments", header_.e_phoff,
                                  header_.e_phnum, sizeof(Segment));
        if (elf.fault != ElfFault::none) return;
        for (std::size_t i = 0; i < header_.e_phnum; ++i) {
            Segment segment = entry<Segment>(bytes, i);
            if (segment.p_filesz != 0 &&
                !inside(segment.p_offset, segment.p_filesz, file_size_)) {
                cut_short(elf, "segment " + std::to_string(i),
                          std::uint64_t{segment.p_offset} + segment.p_filesz,
                          file_size_);
                return;
            }
            elf.segments.push_back(
                {segment.p_type, segment.p_offset, segment.p_vaddr, segment.p_filesz});
        }
    }

    void read_sections(ElfFile& elf) {
        using Section = typename Format::Section;
        if (header_.e_shoff == 0) return;  // stripped by sstrip: legal, and no cards
        if (header_.e_shentsize != sizeof(Section)) {
            fail(elf, ElfFault::not_elf, "its section headers have a wrong size");
            return;
        }
        std::string first =
            table(elf, "its section table", header_.e_shoff, 1, sizeof(Section));
        if (elf.fault != ElfFault::none) return;
        // Above 65279 sections the numbers stand in the first entry (gABI).
        Section zero = entry<Section>(first, 0);
        std::uint64_t count = header_.e_shnum != 0 ? header_.e_shnum : zero.sh_size;
        std::uint64_t names =
            header_.e_shstrndx != SHN_XINDEX ? header_.e_shstrndx : zero.sh_link;
        if (count > max_table / sizeof(Section)) {
            cut_short(elf, "its section table", UINT64_MAX, file_size_);
            return;
        }
        std::string bytes =
            table(elf, "its section table", header_.e_shoff, count, sizeof(Section));
        if (elf.fault != ElfFault::none) return;
        collect(elf, bytes, static_cast<std::size_t>(count),
                static_cast<std::size_t>(names));
    }

    void collect(ElfFile& elf, const std::string& bytes, std::size_t count,
                 std::size_t names) {
        using Section = typename Format::Section;
        std::string texts;
        if (names < count) {
            Section section = entry<Section>(bytes, names);
            texts = table(elf, "its table of section names", section.sh_offset,
                          section.sh_size, 1);
            if (elf.fault != ElfFault::none) return;
        }
        for (std::size_t i = 0; i < count; ++i) {
            Section section = entry<Section>(bytes, i);
            std::string name = text_at(texts, section.sh_name);
            if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL &&
                !inside(section.sh_offset, section.sh_size, file_size_)) {
                cut_short(elf, "section " + name,
                          std::uint64_t{section.sh_offset} + section.sh_size,
                          file_size_);
                return;
            }
            elf.sections.push_back(
                {std::move(name), section.sh_type, section.sh_offset, section.sh_size});
        }
    }

    int fd_;
    std::uint64_t file_size_;
    typename Format::Header header_ = {};
};

// Where the file has the byte that is loaded at ADDRESS; UINT64_MAX when nowhere.
std::uint64_t file_offset(const ElfFile& elf, std::uint64_t address) {
    for (const ElfSegment& segment : elf.segments) {
        if (segment.type == PT_LOAD && address >= segment.address &&
            address - segment.address < segment.size)
            return segment.offset + (address - segment.address);
    }
    return UINT64_MAX;
}

template <class Format>
void read_dynamic(int fd, const ElfFile& elf, ElfNeeds& needs) {
    using Dynamic = typename Format::Dynamic;
    const ElfSegment* segment = elf.segment(PT_DYNAMIC);
    if (segment == nullptr || segment->size > max_table) return;
    std::string bytes =
        read_range(fd, segment->offset, static_cast<std::size_t>(segment->size));
    std::vector<std::uint64_t> needed;
    std::uint64_t texts = UINT64_MAX, texts_size = 0;
    std::uint64_t rpath = UINT64_MAX, runpath = UINT64_MAX;
    for (std::size_t i = 0; (i + 1) * sizeof(Dynamic) <= bytes.size(); ++i) {
        Dynamic item = entry<Dynamic>(bytes, i);
        std::uint64_t value = item.d_un.d_val;
        if (item.d_tag == DT_NULL) break;
        if (item.d_tag == DT_NEEDED) needed.push_back(value);
        if (item.d_tag == DT_STRTAB) texts = file_offset(elf, value);
        if (item.d_tag == DT_STRSZ) texts_size = value;
        if (item.d_tag == DT_RPATH) rpath = value;
        if (item.d_tag == DT_RUNPATH) runpath = value;
        if (item.d_tag == DT_SYMBOLIC) needs.symbolic = true;
        if (item.d_tag == DT_FLAGS) {
            needs.symbolic = needs.symbolic || (value & DF_SYMBOLIC) != 0;
            needs.static_tls = (value & DF_STATIC_TLS) != 0;
        }
        if (item.d_tag == DT_FLAGS_1) {
            needs.program = (value & DF_1_PIE) != 0;
            needs.nodelete = (value & DF_1_NODELETE) != 0;
        }
    }
    if (texts == UINT64_MAX || texts_size > max_table) return;
    std::string table = read_range(fd, texts, static_cast<std::size_t>(texts_size));
    for (std::uint64_t at : needed) needs.needed.push_back(text_at(table, at));
    needs.runpath = text_at(table, runpath != UINT64_MAX ? runpath : rpath);
}

}  // namespace

const ElfSection* ElfFile::section(std::string_view name) const noexcept {
    for (const ElfSection& section : sections)
        if (section.name == name) return &section;
    return nullptr;
}

const ElfSegment* ElfFile::segment(std::uint32_t wanted) const noexcept {
    for (const ElfSegment& segment : segments)
        if (segment.type == wanted) return &segment;
    return nullptr;
}

bool ElfFile::native() const noexcept {
    return bits == own_bits && little == own_little && machine == own_machine;
}

std::string ElfFile::architecture() const { return describe(bits, little, machine); }

std::string own_architecture() { return describe(own_bits, own_little, own_machine); }

std::string read_range(int fd, std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t have = 0;
    while (have < size) {
        ssize_t n = ::pread(fd, bytes.data() + have, size - have,
                            static_cast<off_t>(offset + have));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        have += static_cast<std::size_t>(n);
    }
    bytes.resize(have);
    return bytes;
}

Descriptor open_for_reading(const std::string& file) noexcept {
    return Descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

ElfFile read_elf(int fd) {
    ElfFile elf;
    struct stat status;
    if (::fstat(fd, &status) != 0)
        return fail(elf, ElfFault::unreadable, std::strerror(errno));
    std::string ident = read_range(fd, 0, EI_NIDENT);
    if (ident.size() < SELFMAG || ident.compare(0, SELFMAG, ELFMAG) != 0)
        return fail(elf, ElfFault::not_elf, beginning(ident));
    std::uint64_t file_size = static_cast<std::uint64_t>(status.st_size);
    if (ident.size() < EI_NIDENT)
        return cut_short(elf, "its header", EI_NIDENT, file_size);
    if ((ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64) ||
        (ident[EI_DATA] != ELFDATA2LSB && ident[EI_DATA] != ELFDATA2MSB))
        return fail(elf, ElfFault::not_elf, "its ELF header is damaged");
    elf.bits = ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
    elf.little = ident[EI_DATA] == ELFDATA2LSB;
    if (elf.little != own_little) {
        std::string half = read_range(fd, offsetof(Elf64_Ehdr, e_machine), 2);
        if (half.size() == 2)
            elf.machine = __builtin_bswap16(entry<std::uint16_t>(half, 0));
        return fail(elf, ElfFault::foreign, "it is for " + elf.architecture());
    }
    if (elf.bits == 64)
        Reader<Elf64>(fd, file_size).read(elf);
    else
        Reader<Elf32>(fd, file_size).read(elf);
    return elf;
}

ElfNeeds read_needs(int fd, const ElfFile& elf) {
    ElfNeeds needs;
    const ElfSegment* interpreter = elf.segment(PT_INTERP);
    if (interpreter != nullptr && interpreter->size <= max_text)
        needs.interpreter = read_range(fd, interpreter->offset,
                                       static_cast<std::size_t>(interpreter->size))
                                .c_str();
    if (elf.bits == 64)
        read_dynamic<Elf64>(fd, elf, needs);
    else
        read_dynamic<Elf32>(fd, elf, needs);
    return needs;
}

}  // namespace cppcgi::host
