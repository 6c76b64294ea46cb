// Why a handler library cannot be served, in a form that the module, `httpd -t` and
// `cppcgi doctor` share: one cause, one message number, one sentence that names the
// file, what was found and what is needed. Plain values.
#ifndef CPPCGI_HOST_LIBRARY_FAULT_H
#define CPPCGI_HOST_LIBRARY_FAULT_H

#include <string>

namespace cppcgi::host {

enum class LibraryCause {
    none,
    missing,             // no such file
    unreadable,          // open, stat or read failed otherwise
    not_regular,         // a directory, a device, ...
    not_elf,             // anything else than an ELF file
    foreign_machine,     // ELF, of another architecture, word size or byte order
    not_shared,          // ELF, but a program or an object file
    truncated,           // segments or section table end outside the file
    no_cards,            // a shared library without handlers of ours
    malformed_card,      // the section is there, but not as abi.h says
    foreign_abi,         // built with headers of another CPPCGI_ABI
    foreign_toolchain,   // another C++ library, std::string ABI or debug mode
    unknown_flags,       // asks for something that this host does not do
    changing,            // being written while it was copied
    not_executable,      // lies on a mount that forbids executing
    shared_file,         // a warning: served from the file itself, not from a copy
    writable,            // somebody else may write it (CppCGIWritableLibraries)
    missing_dependency,  // dlopen: a library that it needs is not found
    undefined_symbol,    // dlopen: a symbol is nowhere
    static_tls,          // dlopen: no room for its thread-local variables
    cannot_open,         // dlopen: any other reason
    no_entry,            // a card without its entry function
    check_exited,        // its constructors ended the checking process
    check_signalled,     // its constructors crashed it
    check_timed_out,     // its constructors did not return in time
    check_failed,        // the checking process could not be started or set up
    twin_handlers,       // two handlers of one name
    old_dependency       // dlopen: a library that it needs is older than it must be
};

struct LibraryFault {
    LibraryCause cause = LibraryCause::none;
    std::string text;  // a sentence with cause and remedy; begins with the file's name

    explicit operator bool() const noexcept { return cause != LibraryCause::none; }
};

// A library that cannot be opened, for the reason that `error` of errno gives.
LibraryFault cannot_open_file(const std::string& file, int error);
LibraryFault not_regular_file(const std::string& file);

// "CPPCGI0101" and so on, as in doc/errors.md; "" for none. Lives for ever.
const char* message_number(LibraryCause cause) noexcept;

}  // namespace cppcgi::host

#endif
