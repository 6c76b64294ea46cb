#include "core/debug_lines.h"

#include <cxxabi.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string_view>

#ifdef CPPCGI_HAVE_LIBDW
#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#endif

namespace cppcgi::detail {

#ifdef CPPCGI_HAVE_LIBDW

namespace {

// What we call of libdw. It is not linked: a server that never fails would load five
// libraries for nothing.
struct Libdw {
#define CPPCGI_LIBDW_FUNCTIONS(f)                                                      \
    f(dwfl_begin) f(dwfl_end) f(dwfl_report_elf) f(dwfl_report_end) f(dwfl_addrmodule) \
        f(dwfl_module_addrdie) f(dwfl_module_nextcu) f(dwfl_module_addrinfo)           \
            f(dwfl_standard_find_debuginfo) f(dwarf_getsrc_die) f(dwarf_linesrc)       \
                f(dwarf_lineno) f(dwarf_child) f(dwarf_siblingof) f(dwarf_tag)         \
                    f(dwarf_attr) f(dwarf_attr_integrate) f(dwarf_formstring)          \
                        f(dwarf_formudata) f(dwarf_getsrcfiles) f(dwarf_filesrc)       \
                            f(dwarf_haspc)
#define CPPCGI_LIBDW_MEMBER(name) decltype(&::name) name;
    CPPCGI_LIBDW_FUNCTIONS(CPPCGI_LIBDW_MEMBER)

    bool open() noexcept {
        void* library = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
        if (!library) return false;
#define CPPCGI_LIBDW_FIND(function)                                                    \
    function = reinterpret_cast<decltype(function)>(dlsym(library, #function));        \
    if (!function) return false;
        CPPCGI_LIBDW_FUNCTIONS(CPPCGI_LIBDW_FIND)
        return true;
    }
};

// As people write it.
void shorten(std::string& name, std::string_view from, std::string_view to) {
    for (std::size_t at = name.find(from); at != name.npos;
         at = name.find(from, at + 1))
        name.replace(at, from.size(), to);
}

std::string demangled(const char* name) {
    if (!name) return {};
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> readable(
        abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
    std::string text = readable ? readable.get() : name;
    shorten(text,
            "std::__cxx11::basic_string<char, std::char_traits<char>, "
            "std::allocator<char> >",
            "std::string");
    shorten(text, "std::basic_string_view<char, std::char_traits<char> >",
            "std::string_view");
    return text;
}

class DebugLines {
public:
    explicit DebugLines(const Libdw& libdw) noexcept : dw_(libdw) {
        callbacks_.find_debuginfo = dw_.dwfl_standard_find_debuginfo;
        dwfl_ = dw_.dwfl_begin(&callbacks_);
    }
    ~DebugLines() {
        if (dwfl_) dw_.dwfl_end(dwfl_);
    }
    DebugLines(const DebugLines&) = delete;
    DebugLines& operator=(const DebugLines&) = delete;

    void add_file(const CodePlace& place, int descriptor) {
        if (!dwfl_ || descriptor < 0 || added_[place.mapped_as]) return;
        added_[place.mapped_as] = true;
        dw_.dwfl_report_elf(dwfl_, place.mapped_as.c_str(), place.mapped_as.c_str(),
                            descriptor, place.base, true);
    }
    void end_of_files() {
        if (dwfl_) dw_.dwfl_report_end(dwfl_, nullptr, nullptr);
    }

    SourceFrames find(std::uintptr_t address) const {
        Dwfl_Module* module = dwfl_ ? dw_.dwfl_addrmodule(dwfl_, address) : nullptr;
        if (!module) return {};
        Dwarf_Addr bias = 0;
        Dwarf_Die* unit = find_unit(module, address, bias);
        SourceFrames frames;
        if (unit) frames = find_in(*unit, address - bias);
        if (frames.empty()) frames.emplace_back();
        if (frames.back().function.empty())
            frames.back().function = symbol(module, address);
        return frames;
    }

private:
    // clang writes no .debug_aranges; libdw of 2022 then does not look further, or finds a
    // neighbour that has.
    Dwarf_Die* find_unit(Dwfl_Module* module, Dwarf_Addr address,
                         Dwarf_Addr& bias) const {
        Dwarf_Die* unit = dw_.dwfl_module_addrdie(module, address, &bias);
        if (unit && dw_.dwarf_haspc(unit, address - bias) == 1) return unit;
        unit = nullptr;
        while ((unit = dw_.dwfl_module_nextcu(module, unit, &bias)))
            if (dw_.dwarf_haspc(unit, address - bias) == 1) return unit;
        return nullptr;
    }

    // What the linker's symbols say, without debug information.
    std::string symbol(Dwfl_Module* module, Dwarf_Addr address) const {
        GElf_Off offset = 0;
        GElf_Sym found;
        return demangled(dw_.dwfl_module_addrinfo(module, address, &offset, &found,
                                                  nullptr, nullptr, nullptr));
    }

    SourceFrames find_in(Dwarf_Die& unit, Dwarf_Addr address) const {
        SourceFrame place = line_of(unit, address);
        SourceFrames frames;
        std::vector<Dwarf_Die> scopes;
        add_scopes(unit, address, scopes);
        for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
            const int tag = dw_.dwarf_tag(&*scope);
            if (tag == DW_TAG_lexical_block) continue;
            place.function = function_name(&*scope);
            frames.push_back(place);
            if (tag == DW_TAG_subprogram) break;
            place = caller_of(unit, &*scope);
        }
        if (frames.empty() && !place.file.empty()) frames.push_back(place);
        return frames;
    }

    SourceFrame line_of(Dwarf_Die& unit, Dwarf_Addr address) const {
        SourceFrame place;
        int number = 0;
        Dwarf_Line* line = nullptr;
        // clang joins several throws into one call, of line 0: what leads there is near.
        for (Dwarf_Addr back = 0; number == 0 && back < 96 && back < address; ++back) {
            line = dw_.dwarf_getsrc_die(&unit, address - back);
            if (!line) return place;
            dw_.dwarf_lineno(line, &number);
        }
        place.line = static_cast<std::uint32_t>(number);
        if (const char* file = dw_.dwarf_linesrc(line, nullptr, nullptr))
            place.file = file;
        return place;
    }

    // Functions, inlined calls and blocks around the address, the outermost first.
    // dwarf_getscopes is confused by what clang writes.
    bool add_scopes(Dwarf_Die& within, Dwarf_Addr address,
                    std::vector<Dwarf_Die>& scopes) const {
        Dwarf_Die die;
        if (dw_.dwarf_child(&within, &die) != 0) return false;
        do {
            switch (dw_.dwarf_tag(&die)) {
                case DW_TAG_subprogram:
                case DW_TAG_inlined_subroutine:
                case DW_TAG_lexical_block:
                    if (dw_.dwarf_haspc(&die, address) != 1) break;
                    scopes.push_back(die);
                    add_scopes(die, address, scopes);
                    return true;
                case DW_TAG_namespace:
                case DW_TAG_class_type:
                case DW_TAG_structure_type:
                    if (add_scopes(die, address, scopes)) return true;
                    break;
                default:
                    break;
            }
        } while (dw_.dwarf_siblingof(&die, &die) == 0);
        return false;
    }

    std::string function_name(Dwarf_Die* die) const {
        for (const unsigned name :
             {DW_AT_linkage_name, DW_AT_MIPS_linkage_name, DW_AT_name}) {
            Dwarf_Attribute attribute;
            if (dw_.dwarf_attr_integrate(die, name, &attribute))
                return demangled(dw_.dwarf_formstring(&attribute));
        }
        return {};
    }

    // Where an inlined call stands.
    SourceFrame caller_of(Dwarf_Die& unit, Dwarf_Die* die) const {
        SourceFrame place;
        place.line = static_cast<std::uint32_t>(number(die, DW_AT_call_line));
        Dwarf_Files* files = nullptr;
        std::size_t count = 0;
        const Dwarf_Word file = number(die, DW_AT_call_file);
        if (dw_.dwarf_getsrcfiles(&unit, &files, &count) == 0 && file < count)
            if (const char* name = dw_.dwarf_filesrc(files, file, nullptr, nullptr))
                place.file = name;
        return place;
    }

    Dwarf_Word number(Dwarf_Die* die, unsigned name) const {
        Dwarf_Attribute attribute;
        Dwarf_Word value = 0;
        if (dw_.dwarf_attr(die, name, &attribute))
            dw_.dwarf_formudata(&attribute, &value);
        return value;
    }

    const Libdw& dw_;
    Dwfl_Callbacks callbacks_{};
    Dwfl* dwfl_ = nullptr;
    std::map<std::string, bool> added_;
};

}  // namespace

std::vector<SourceFrames> find_source_frames(const std::vector<CodePlace>& places,
                                             const std::vector<int>& descriptors) {
    std::vector<SourceFrames> found(places.size());
    // Never asks a server for debug information that is not here.
    ::unsetenv("DEBUGINFOD_URLS");
    Libdw libdw;
    if (!libdw.open()) return found;
    DebugLines lines(libdw);
    for (std::size_t i = 0; i < places.size(); ++i)
        lines.add_file(places[i], descriptors[i]);
    lines.end_of_files();
    for (std::size_t i = 0; i < places.size(); ++i)
        found[i] = lines.find(places[i].address);
    return found;
}

#else

std::vector<SourceFrames> find_source_frames(const std::vector<CodePlace>& places,
                                             const std::vector<int>&) {
    return std::vector<SourceFrames>(places.size());
}

#endif

}  // namespace cppcgi::detail
