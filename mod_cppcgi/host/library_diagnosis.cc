#include "host/library_diagnosis.h"

#include <cppcgi/abi.h>
#include <elf.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "host/card.h"
#include "host/checker.h"
#include "host/confinement.h"
#include "host/descriptor.h"
#include "host/elf_file.h"
#include "host/elf_symbols.h"
#include "host/library_fault.h"
#include "host/library_search.h"
#include "host/private_copy.h"
#include "host/writable.h"

namespace cppcgi::host {

namespace {

constexpr std::size_t most_named = 5;

std::string base_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

// "libssl" of "libssl.so.1.1".
std::string family(const std::string& path) {
    const std::string name = base_name(path);
    return name.substr(0, name.find(".so"));
}

std::string join(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < most_named; ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > most_named)
        text += " and " + std::to_string(names.size() - most_named) + " more";
    return text;
}

std::set<std::string> defined_symbols(const std::string& path) {
    std::set<std::string> names;
    const Descriptor file = open_for_reading(path);
    if (!file.is_open()) return names;
    const ElfFile elf = read_elf(file.get());
    if (elf.fault != ElfFault::none) return names;
    for (ElfSymbol& symbol : read_symbols(file.get(), elf))
        if (symbol.defined && symbol.binding != STB_LOCAL)
            names.insert(std::move(symbol.name));
    return names;
}

class LibraryExamination {
public:
    explicit LibraryExamination(const LibraryQuestion& question) : question_(question) {
        diagnosis_.file = question.file;
        diagnosis_.kind = "library";
    }

    Diagnosis examine() {
        if (LibraryFault fault = check_writable(question_.file, question_.starter))
            refuse("writable", std::move(fault));
        else
            diagnosis_.good("writable", "only root and the starting user may write it");
        if (!copy()) return std::move(diagnosis_);
        CardResult cards = read_cards(copy_.get(), question_.file);
        if (cards.fault) {
            refuse("card", std::move(cards.fault));
            return std::move(diagnosis_);
        }
        for (const Card& card : cards.cards)
            diagnosis_.good("card", "handler " + card.name);
        examine_elf();
        if (question_.run) check(std::move(cards.cards));
        examine_confinement(diagnosis_, question_.file);
        return std::move(diagnosis_);
    }

private:
    void refuse(const char* subject, LibraryFault fault,
                Severity severity = Severity::fault) {
        for (const Finding& finding : diagnosis_.findings)
            if (finding.number == message_number(fault.cause)) return;
        std::string command = command_for(fault);
        diagnosis_.add({severity, subject, message_number(fault.cause),
                        std::move(fault.text), std::move(command)});
    }

    // As the server does; what follows is of the copy.
    bool copy() {
        CopyResult made =
            make_private_copy(question_.file, {.library_dir = question_.library_dir});
        copy_ = Descriptor(made.copy.fd);
        if (made.fault) refuse("copy", std::move(made.fault));
        if (made.warning) refuse("copy", std::move(made.warning), Severity::warning);
        return copy_.is_open();
    }

    std::string command_for(const LibraryFault& fault) const {
        switch (fault.cause) {
            case LibraryCause::missing:
            case LibraryCause::not_elf:
            case LibraryCause::not_shared:
            case LibraryCause::foreign_machine:
            case LibraryCause::no_cards:
            case LibraryCause::malformed_card:
            case LibraryCause::twin_handlers:
            case LibraryCause::old_dependency:
            case LibraryCause::foreign_abi:
            case LibraryCause::foreign_toolchain:
            case LibraryCause::no_entry:
                return "cppcgi build -o " + question_.file + " YOUR-SOURCE.cc";
            case LibraryCause::truncated:
            case LibraryCause::changing:
                return "cp YOUR-LIBRARY.so " + question_.file + ".new && mv " +
                       question_.file + ".new " + question_.file;
            case LibraryCause::unreadable:
                return "chmod a+r " + question_.file;
            case LibraryCause::writable: {
                // The sentence has it between backquotes.
                const std::size_t start = fault.text.find('`');
                const std::size_t end = fault.text.find('`', start + 1);
                return end == std::string::npos
                           ? ""
                           : fault.text.substr(start + 1, end - start - 1);
            }
            case LibraryCause::static_tls:
                return "cppcgi build -o " + question_.file + " YOUR-SOURCE.cc";
            case LibraryCause::missing_dependency:
                return "ldd " + question_.file + " | grep 'not found'";
            default:
                return {};
        }
    }

    void examine_elf() {
        elf_ = read_elf(copy_.get());
        if (elf_.fault != ElfFault::none) return;
        needs_ = read_needs(copy_.get(), elf_);
        symbols_ = read_symbols(copy_.get(), elf_);
        examine_dependencies();
        examine_what_stays();
        examine_thread_locals();
        examine_clashes();
        examine_lines();
    }

    void examine_dependencies() {
        NeededLibraries needed = needed_libraries(question_.file, elf_, needs_, "");
        std::erase_if(needed.missing, [&](const MissingLibrary& missing) {
            return !question_.runtime.empty() && missing.name == "libcppcgi.so.1";
        });
        for (const MissingLibrary& missing : needed.missing) add_missing(missing);
        found_ = std::move(needed.found);
        if (!needed.missing.empty()) return;
        diagnosis_.good("dependencies", "all libraries that it needs are there");
        examine_symbols();
    }

    void add_missing(const MissingLibrary& missing) {
        const std::string what =
            missing.name + ", which " + missing.needed_by + " needs, ";
        if (missing.damaged.empty())
            diagnosis_.add(
                {Severity::fault, "dependencies",
                 message_number(LibraryCause::missing_dependency),
                 what + "is found neither in its RUNPATH nor by ldconfig: install it",
                 "ldd " + question_.file + " | grep 'not found'"});
        else
            diagnosis_.add({Severity::fault, "dependencies",
                            message_number(LibraryCause::cannot_open),
                            what + "is " + missing.damaged +
                                ", and that is no whole library: install it again",
                            ""});
    }

    // Where the dynamic linker would look, as far as files tell.
    void examine_symbols() {
        std::vector<std::string> providers = found_;
        if (!question_.runtime.empty()) providers.push_back(question_.runtime);
        providers.insert(providers.end(), question_.loaded.begin(),
                         question_.loaded.end());
        std::set<std::string> wanted;
        for (const ElfSymbol& symbol : symbols_)
            if (!symbol.defined && symbol.binding != STB_WEAK && !symbol.name.empty())
                wanted.insert(symbol.name);
        for (const std::string& provider : providers) {
            if (wanted.empty()) break;
            const std::set<std::string> offered = defined_symbols(provider);
            std::erase_if(wanted, [&](const std::string& name) {
                return offered.contains(name);
            });
        }
        if (wanted.empty())
            return diagnosis_.good("symbols", "each symbol that it asks for is there");
        diagnosis_.add(
            {Severity::fault, "symbols", message_number(LibraryCause::undefined_symbol),
             question_.file + " asks for symbols that are nowhere: " +
                 join({wanted.begin(), wanted.end()}) + "; link with what defines them",
             "cppcgi build -o " + question_.file +
                 " YOUR-SOURCE.cc --flag=-lITS-LIBRARY"});
    }

    void examine_what_stays() {
        std::vector<std::string> unique;
        for (const ElfSymbol& symbol : symbols_)
            if (symbol.defined && symbol.binding == STB_GNU_UNIQUE)
                unique.push_back(symbol.name);
        if (!unique.empty())
            diagnosis_.warn("unloading",
                            "GNU-unique symbols keep its old code mapped after a "
                            "reload: " +
                                join(unique),
                            "cppcgi build -o " + question_.file + " YOUR-SOURCE.cc");
        else if (const std::string reason = reason_to_stay(copy_.get());
                 !reason.empty())
            diagnosis_.warn("unloading",
                            "its old code stays mapped after a reload: " + reason);
        else
            diagnosis_.good("unloading", "nothing in the file keeps it mapped");
    }

    void examine_thread_locals() {
        if (needs_.static_tls)
            return diagnosis_.warn(
                "thread-local",
                "its thread-local variables take room that a running process has "
                "little "
                "of (initial-exec); build it without -ftls-model=initial-exec");
        const ElfSegment* segment = elf_.segment(PT_TLS);
        if (segment)
            diagnosis_.note("thread-local",
                            "it has thread-local variables: each of the server's "
                            "threads has its own");
    }

    void examine_clashes() {
        for (const std::string& needed : found_)
            for (const std::string& loaded : question_.loaded)
                if (family(needed) == family(loaded) &&
                    base_name(needed) != base_name(loaded) &&
                    family(needed).starts_with("lib"))
                    diagnosis_.warn("clashes", "it needs " + base_name(needed) +
                                                   ", and the server has loaded " +
                                                   loaded + ": build it with the same");
        if (needs_.symbolic) return;
        std::set<std::string> own;
        for (const ElfSymbol& symbol : symbols_)
            if (symbol.defined && symbol.binding == STB_GLOBAL &&
                !symbol.name.starts_with("cppcgi_"))
                own.insert(symbol.name);
        for (const std::string& loaded : question_.loaded) {
            std::vector<std::string> both;
            for (const std::string& name : defined_symbols(loaded))
                if (own.contains(name)) both.push_back(name);
            if (both.empty() || loaded == question_.file) continue;
            diagnosis_.warn("clashes",
                            "it defines what " + loaded +
                                " of the server defines too, which then serves both: " +
                                join(both) + "; link it with -Wl,-Bsymbolic",
                            "cppcgi build -o " + question_.file + " YOUR-SOURCE.cc");
        }
    }

    void examine_lines() {
        for (const char* section : {".debug_line", ".debug_info", ".gnu_debuglink"})
            if (elf_.section(section))
                return diagnosis_.good("lines", "tracebacks show files and lines");
        diagnosis_.note("lines",
                        "tracebacks show no lines, only functions and offsets: it was "
                        "built without -g, or stripped",
                        "cppcgi build -o " + question_.file + " YOUR-SOURCE.cc");
    }

    void check(std::vector<Card> cards) {
        const Descriptor runtime = open_for_reading(question_.runtime);
        CheckRequest request;
        request.file = question_.file;
        request.fd = copy_.get();
        request.cards = std::move(cards);
        if (runtime.is_open()) {
            request.runtime = question_.runtime;
            request.runtime_fd = runtime.get();
        }
        request.drop_privileges = question_.drop_privileges;
        if (LibraryFault fault = check_library(request))
            refuse("open", std::move(fault));
        else
            diagnosis_.good("open", "a process of the server's user has opened it");
    }

    const LibraryQuestion& question_;
    Descriptor copy_;
    Diagnosis diagnosis_;
    ElfFile elf_;
    ElfNeeds needs_;
    std::vector<ElfSymbol> symbols_;
    std::vector<std::string> found_;
};

}  // namespace

Diagnosis diagnose_library(const LibraryQuestion& question) {
    return LibraryExamination(question).examine();
}

}  // namespace cppcgi::host
