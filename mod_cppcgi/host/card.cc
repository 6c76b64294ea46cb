#include "host/card.h"

#include <cppcgi/abi.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/elf_file.h"

namespace cppcgi::host {
namespace {

// A megabyte of cards is eight thousand handlers.
constexpr std::uint64_t max_section = 1u << 20;
// Flags of cppcgi_card that this host understands.
constexpr std::uint32_t known_flags = CPPCGI_CARD_SERIAL | CPPCGI_CARD_STATE;
constexpr std::string_view magic(CPPCGI_CARD_MAGIC, sizeof(cppcgi_card::magic));

static_assert(sizeof(cppcgi_card) == 128);

CardResult refuse(LibraryCause cause, std::string text) {
    return {{cause, std::move(text)}, {}};
}

CardResult malformed(const std::string& file, std::size_t at, const std::string& what) {
    return refuse(LibraryCause::malformed_card,
                  file + ": the record at byte " + std::to_string(at) +
                      " of its section " CPPCGI_CARD_SECTION " " + what +
                      "; only CPPCGI_HANDLER may write there: rebuild the library "
                      "with the headers of this libcppcgi");
}

bool identifier(std::string_view name) {
    auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return !name.empty() && letter(name[0]) &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return letter(c) || digit(c); });
}

std::string_view inline_text(const char* array, std::size_t size) {
    return {array, ::strnlen(array, size)};
}

// What a damaged toolchain word may hold is not for a log line.
std::string printable(std::string_view text) {
    std::string clean(text);
    for (char& c : clean)
        if (c < 0x20 || c > 0x7e) c = '?';
    return clean;
}

LibraryFault check(const cppcgi_card& card, std::size_t at, const std::string& file) {
    std::string_view toolchain = inline_text(card.toolchain, sizeof(card.toolchain));
    std::string_view name = inline_text(card.name, sizeof(card.name));
    if (toolchain != CPPCGI_TOOLCHAIN)
        return {LibraryCause::foreign_toolchain,
                file + " was built with the toolchain \"" + printable(toolchain) +
                    "\", this server needs \"" CPPCGI_TOOLCHAIN
                    "\" (C++ library, "
                    "std::string ABI, debug mode, pointer size): rebuild it without "
                    "-stdlib=, -D_GLIBCXX_USE_CXX11_ABI= and -D_GLIBCXX_DEBUG"};
    if (name.size() == sizeof(card.name) || !identifier(name))
        return malformed(file, at, "has no valid handler name").fault;
    if ((card.flags & ~known_flags) != 0)
        return {LibraryCause::unknown_flags,
                file + ": its handler " + std::string(name) + " asks for flags " +
                    std::to_string(card.flags) +
                    " that this mod_cppcgi does not know: upgrade mod_cppcgi, or "
                    "rebuild the library with the headers of this version"};
    return {};
}

LibraryFault foreign_abi(const std::string& file, unsigned abi) {
    return {LibraryCause::foreign_abi,
            file + " was built for ABI " + std::to_string(abi) +
                " of libcppcgi, this server has ABI " + std::to_string(CPPCGI_ABI) +
                ": rebuild it with the headers of this version"};
}

const char* kind_of(std::uint16_t type) {
    switch (type) {
        case ET_REL:
            return "an object file";
        case ET_EXEC:
            return "a program";
        case ET_CORE:
            return "a core dump";
        default:
            return "no shared library";
    }
}

LibraryFault refuse_elf(const ElfFile& elf, const std::string& file) {
    switch (elf.fault) {
        case ElfFault::unreadable:
            return {LibraryCause::unreadable,
                    file + " cannot be read: " + elf.found +
                        "; give the user that starts the server permission to read it"};
        case ElfFault::not_elf:
            return {LibraryCause::not_elf,
                    file + " is no ELF file: " + elf.found +
                        "; a handler library is built by `cppcgi build` or with "
                        "-shared -fPIC"};
        case ElfFault::truncated:
            return {LibraryCause::truncated,
                    file + " is incomplete: " + elf.found +
                        "; copy it again, under another name, and rename it"};
        case ElfFault::foreign:
            break;
        case ElfFault::none:
            if (elf.native()) return {};
            break;
    }
    return {LibraryCause::foreign_machine,
            file + " is for " + elf.architecture() + ", this server is " +
                own_architecture() + ": build it for this machine"};
}

LibraryFault not_a_library(const std::string& file, const char* kind) {
    return {LibraryCause::not_shared, file + " is " + kind +
                                          ", not a shared library: link it with "
                                          "-shared -fPIC, or run it as a script"};
}

LibraryFault without_cards(const std::string& file, const ElfFile& elf) {
    std::string text = file + " is a shared library without handlers: ";
    if (elf.sections.empty())
        text +=
            "its section table was removed (strip keeps it, sstrip does not); "
            "install it as the linker wrote it";
    else
        text += "it has no section " CPPCGI_CARD_SECTION
                ", which CPPCGI_HANDLER(name, req, res) writes; is this the file you "
                "meant?";
    return {LibraryCause::no_cards, std::move(text)};
}

}  // namespace

CardResult parse_cards(std::string_view section, const std::string& file) {
    CardResult result;
    std::size_t at = 0;
    while (at < section.size()) {
        std::string_view rest = section.substr(at);
        if (rest.size() < magic.size() || rest.substr(0, magic.size()) != magic) {
            std::string_view step = rest.substr(0, CPPCGI_CARD_ALIGNMENT);
            if (step.find_first_not_of('\0') != std::string_view::npos)
                return malformed(file, at, "has a wrong magic number");
            at += step.size();
            continue;
        }
        constexpr std::size_t prefix = offsetof(cppcgi_card, flags);
        if (rest.size() < prefix) return malformed(file, at, "is cut short");
        cppcgi_card card = {};
        std::memcpy(&card, rest.data(), prefix);
        if (card.abi != CPPCGI_ABI) return {foreign_abi(file, card.abi), {}};
        if (card.size < sizeof(card) || card.size > rest.size())
            return malformed(file, at, "has a wrong size");
        std::memcpy(&card, rest.data(), sizeof(card));
        if (LibraryFault fault = check(card, at, file)) return {std::move(fault), {}};
        result.cards.push_back(
            {std::string(inline_text(card.name, sizeof(card.name))), card.flags});
        std::size_t stride = (card.size + std::size_t{CPPCGI_CARD_ALIGNMENT} - 1) &
                             ~(std::size_t{CPPCGI_CARD_ALIGNMENT} - 1);
        at += std::min(stride, rest.size());
    }
    if (result.cards.empty())
        return refuse(LibraryCause::no_cards,
                      file + " has an empty section " CPPCGI_CARD_SECTION
                             ": no CPPCGI_HANDLER was linked into it");
    auto duplicate =
        std::find_if(result.cards.begin(), result.cards.end(), [&](const Card& card) {
            return std::count_if(
                       result.cards.begin(), result.cards.end(),
                       [&](const Card& other) { return other.name == card.name; }) > 1;
        });
    if (duplicate != result.cards.end())
        return refuse(LibraryCause::twin_handlers, file + " has two handlers called " +
                                                       duplicate->name +
                                                       ": rename one of them");
    return result;
}

CardResult read_cards(int fd, const std::string& file) {
    ElfFile elf = read_elf(fd);
    if (LibraryFault fault = refuse_elf(elf, file)) return {std::move(fault), {}};
    if (elf.type != ET_DYN) return {not_a_library(file, kind_of(elf.type)), {}};
    if (read_needs(fd, elf).program) return {not_a_library(file, "a program"), {}};
    const ElfSection* section = elf.section(CPPCGI_CARD_SECTION);
    if (section == nullptr) return {without_cards(file, elf), {}};
    if (section->type == SHT_NOBITS || section->size > max_section)
        return malformed(file, 0, "is of no sensible size");
    std::string bytes =
        read_range(fd, section->offset, static_cast<std::size_t>(section->size));
    if (bytes.size() < section->size)
        return refuse(LibraryCause::changing,
                      file +
                          " became shorter while it was read: install libraries "
                          "under another name and rename them");
    return parse_cards(bytes, file);
}

CardResult read_cards(const std::string& file) {
    const Descriptor fd = open_for_reading(file);
    if (!fd.is_open()) return {cannot_open_file(file, errno), {}};
    struct stat status;
    if (::fstat(fd.get(), &status) == 0 && !S_ISREG(status.st_mode))
        return {not_regular_file(file), {}};
    return read_cards(fd.get(), file);
}

std::string entry_symbol(std::string_view name) {
    return CPPCGI_ENTRY_PREFIX + std::string(name);
}

std::string_view file_stem(std::string_view file) noexcept {
    std::size_t slash = file.rfind('/');
    if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
    std::size_t dot = file.rfind(".so.");  // libx.so.1
    if (dot == std::string_view::npos) dot = file.rfind('.');
    return dot == std::string_view::npos || dot == 0 ? file : file.substr(0, dot);
}

}  // namespace cppcgi::host
