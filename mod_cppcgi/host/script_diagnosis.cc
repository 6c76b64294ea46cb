#include "host/script_diagnosis.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "host/confinement.h"
#include "host/elf_file.h"
#include "host/first_line.h"
#include "host/path_walk.h"
#include "host/permission.h"
#include "host/script_fault.h"

namespace cppcgi::host {

namespace {

// Quoted for a shell where it must be.
std::string word(const std::string& text) {
    constexpr const char* plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+:@%,";
    if (!text.empty() && text.find_first_not_of(plain) == std::string::npos)
        return text;
    std::string quoted = "'";
    for (const char c : text)
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

std::string start_of(const std::string& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return {};
    std::string start = read_range(fd, 0, first_line_limit);
    ::close(fd);
    return start;
}

// Where a program of that name is instead, "" when nowhere usual.
std::string find_program(const std::string& name) {
    for (const char* suffix : {"", "3", "2"})
        for (const char* folder : {"/usr/bin/", "/bin/", "/usr/local/bin/"})
            if (const std::string path = folder + name + suffix;
                ::access(path.c_str(), X_OK) == 0)
                return path;
    return {};
}

std::string base_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

void describe_way(Diagnosis& diagnosis, const PathWalk& walk, const Identity& user) {
    for (const PathStep& step : walk.steps) {
        const bool last = walk.error == 0 && &step == &walk.steps.back();
        if (step.is_link()) {
            diagnosis.good("path", step.path + " is a symbolic link");
            continue;
        }
        const int want = X_OK;
        const Permission permission = permission_of(user, step.path, step.status, want);
        const std::string what = last ? "execute " : "search ";
        const std::string text = user_name(user.uid) +
                                 (permission.missing ? " may not " : " may ") + what +
                                 step.path + " (" + describe_mode(step.status) + ")";
        // The fault itself follows with its number.
        if (permission.missing)
            diagnosis.note("path", text);
        else
            diagnosis.good("path", text);
    }
}

void describe_file(Diagnosis& diagnosis, const std::string& file) {
    const FirstLine line = parse_first_line(start_of(file));
    if (line.kind == FirstLineKind::interpreter) {
        diagnosis.good("first line", "#!" + line.interpreter +
                                         (line.argument.empty() ? "" : " ") +
                                         line.argument);
        return;
    }
    if (line.kind != FirstLineKind::elf) return;
    diagnosis.kind = "program";
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    const ElfFile elf = read_elf(fd);
    if (elf.fault == ElfFault::none) {
        diagnosis.good("program", "a program for " + elf.architecture());
        for (const std::string& name : read_needs(fd, elf).needed)
            diagnosis.good("program", "it needs " + name);
    }
    ::close(fd);
}

// chmod for the first step that refuses; for the file itself `want` decides.
std::string chmod_command(const std::string& file, const Identity& user, int want) {
    const PathWalk walk = walk_path(file);
    for (const PathStep& step : walk.steps) {
        if (step.is_link()) continue;
        const bool last = walk.error == 0 && &step == &walk.steps.back();
        const int asked = last ? want : X_OK;
        const Permission permission =
            permission_of(user, step.path, step.status, asked);
        if (permission.missing == 0) continue;
        if (permission.by_list)
            return "setfacl -m u:" + user_name(user.uid) + ":rx " + word(step.path);
        return std::string("chmod ") + permission.who + "+" +
               (permission.missing & R_OK ? "r" : "") +
               (permission.missing & X_OK ? "x" : "") + " " + word(step.path);
    }
    return {};
}

std::string interpreter_command(const std::string& file, const std::string& wanted) {
    const std::string there = find_program(base_name(wanted));
    if (there.empty()) return "apt-get install " + word(base_name(wanted));
    return "sed -i " + word("1s|.*|#!" + there + "|") + " " + word(file);
}

using Repair = std::string (*)(const std::string& file, const Identity& user,
                               const FirstLine& line);

struct KnownRepair {
    ScriptCause cause;
    Repair repair;
};

constexpr std::array repairs = {
    KnownRepair{ScriptCause::missing,
                [](const std::string& file, const Identity&, const FirstLine&) {
                    return "install -D -m 755 YOUR-SCRIPT " + word(file);
                }},
    KnownRepair{ScriptCause::not_searchable,
                [](const std::string& file, const Identity& user, const FirstLine&) {
                    return chmod_command(file, user, 0);
                }},
    KnownRepair{ScriptCause::not_executable,
                [](const std::string& file, const Identity& user, const FirstLine&) {
                    return chmod_command(file, user, X_OK);
                }},
    KnownRepair{ScriptCause::not_readable,
                [](const std::string& file, const Identity& user, const FirstLine&) {
                    return chmod_command(file, user, R_OK);
                }},
    KnownRepair{ScriptCause::noexec_mount,
                [](const std::string& file, const Identity&, const FirstLine&) {
                    return "mount -o remount,exec \"$(findmnt -n -o TARGET -T " +
                           word(file) + ")\"";
                }},
    KnownRepair{ScriptCause::empty,
                [](const std::string& file, const Identity&, const FirstLine&) {
                    return "cp YOUR-SCRIPT " + word(file);
                }},
    KnownRepair{ScriptCause::no_first_line,
                [](const std::string& file, const Identity&, const FirstLine&) {
                    return "sed -i '1i #!/bin/sh' " + word(file);
                }},
    KnownRepair{ScriptCause::byte_order_mark,
                [](const std::string& file, const Identity&, const FirstLine&) {
                    return "sed -i '1s/^\\xef\\xbb\\xbf//' " + word(file);
                }},
    KnownRepair{ScriptCause::carriage_return,
                [](const std::string& file, const Identity&, const FirstLine&) {
                    return "sed -i 's/\\r$//' " + word(file);
                }},
    KnownRepair{ScriptCause::interpreter_missing,
                [](const std::string& file, const Identity&, const FirstLine& line) {
                    return interpreter_command(file, line.interpreter);
                }},
    KnownRepair{ScriptCause::interpreter_not_executable,
                [](const std::string&, const Identity& user, const FirstLine& line) {
                    return chmod_command(line.interpreter, user, X_OK);
                }},
    KnownRepair{ScriptCause::env_program_missing,
                [](const std::string& file, const Identity&, const FirstLine& line) {
                    return interpreter_command(
                        file, parse_env_argument(line.argument).program);
                }},
    KnownRepair{ScriptCause::env_argument,
                [](const std::string& file, const Identity&, const FirstLine&) {
                    return "sed -i '1s/env /env -S /' " + word(file);
                }},
    KnownRepair{ScriptCause::library_missing,
                [](const std::string& file, const Identity&, const FirstLine&) {
                    return "ldd " + word(file) + " | grep 'not found'";
                }},
    KnownRepair{ScriptCause::busy,
                [](const std::string& file, const Identity&, const FirstLine&) {
                    return "cp " + word(file) + " " + word(file + ".new") + " && mv " +
                           word(file + ".new") + " " + word(file);
                }},
};

}  // namespace

std::string repair_command(const std::string& file, const Identity& user,
                           const std::string& number) {
    for (const KnownRepair& known : repairs)
        if (number == message_number(known.cause))
            return known.repair(file, user, parse_first_line(start_of(file)));
    return {};
}

Diagnosis diagnose_script(const std::string& file, const Identity& user,
                          char* const* environment) {
    Diagnosis diagnosis;
    diagnosis.file = file;
    diagnosis.kind = "script";
    describe_way(diagnosis, walk_path(file), user);
    describe_file(diagnosis, file);
    const ScriptFault fault =
        find_script_fault({.path = file, .user = user, .envp = environment});
    if (fault) {
        const std::string number = message_number(fault.cause);
        diagnosis.add({Severity::fault, "start", number, fault.text,
                       repair_command(file, user, number)});
    } else {
        diagnosis.good("start",
                       "nothing keeps " + user_name(user.uid) + " from starting it");
    }
    examine_confinement(diagnosis, file);
    return diagnosis;
}

}  // namespace cppcgi::host
