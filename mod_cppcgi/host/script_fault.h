// Why a classic script cannot be started, found by looking where the kernel looked: after
// a failed start, when the errno is known, or beforehand for `cppcgi doctor`. One cause,
// one message number, one sentence that names the file, the cause and the remedy. Reads
// files and executes nothing; any thread.
#ifndef CPPCGI_HOST_SCRIPT_FAULT_H
#define CPPCGI_HOST_SCRIPT_FAULT_H

#include <string>

#include "host/identity.h"

namespace cppcgi::host {

enum class ScriptCause {
    none,
    missing,              // the file, a directory above it, or a link's target
    not_searchable,       // a directory above it lacks x for the user
    not_regular,          // a directory, a FIFO, ...
    not_executable,       // lacks x for the user
    not_readable,         // a script lacks r for the user, so for its interpreter
    noexec_mount,         // its file system is mounted noexec
    empty,                // no bytes
    no_first_line,        // neither a program nor "#!"
    byte_order_mark,      // before "#!"
    carriage_return,      // the "#!" line ends in CR LF
    first_line_too_long,  // the interpreter's name does not fit into 255 bytes
    interpreter_missing,  // also a relative name
    interpreter_not_executable,  // or not reachable
    env_program_missing,         // "#!/usr/bin/env NAME", and NAME is not in PATH
    env_argument,                // "#!/usr/bin/env NAME ARGUMENT" without -S
    foreign_program,             // for another processor or system
    not_a_program,               // a shared library, an object file
    broken_program,              // ELF, but cut short
    loader_missing,              // the ELF interpreter, ld-linux-....so
    library_missing,             // a shared library it needs
    busy,                        // open for writing
    too_large,                   // arguments and environment
    no_resources,                // processes, memory, descriptors
    forbidden,                   // permissions are right: a security module or sandbox
    unexplained                  // anything else; the system's reason is quoted
};

struct ScriptFault {
    ScriptCause cause = ScriptCause::none;
    std::string text;  // a sentence with cause and remedy; begins with the file's name

    explicit operator bool() const noexcept { return cause != ScriptCause::none; }
};

struct ScriptQuestion {
    std::string path;         // absolute
    Identity user;            // who starts it
    int error = 0;            // errno of the failed exec; 0: not tried, or it ran and
                              // ended with exit status 126 or 127
    bool has_failed = false;  // it was tried, and wrote nothing
    char* const* argv = nullptr;  // as given to spawn; ends with NULL
    char* const* envp = nullptr;  // likewise; its PATH and LD_LIBRARY_PATH count
};

// The first cause met on the way that the kernel takes. With an error some cause is
// always named, without one ScriptCause::none is possible.
ScriptFault find_script_fault(const ScriptQuestion& question);

// "CPPCGI0352" and so on, as in doc/errors.md; "" for none. Lives for ever.
const char* message_number(ScriptCause cause) noexcept;

}  // namespace cppcgi::host

#endif
