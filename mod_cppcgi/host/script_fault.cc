#include "host/script_fault.h"

#include <cppcgi/abi.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/elf_file.h"
#include "host/first_line.h"
#include "host/library_search.h"
#include "host/path_walk.h"
#include "host/permission.h"

namespace cppcgi::host {
namespace {

constexpr int max_interpreters = 4;  // scripts that are interpreters of scripts
constexpr std::size_t max_string = 128 << 10;  // the kernel's MAX_ARG_STRLEN
constexpr std::size_t max_strings = 6u << 20;  // whatever the stack's limit

class OpenFile {
public:
    explicit OpenFile(const std::string& file)
        : fd_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    ~OpenFile() {
        if (fd_ >= 0) ::close(fd_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    int get() const noexcept { return fd_; }

private:
    int fd_;
};

// A value of an environment, "" without one.
std::string variable(char* const* envp, const std::string& name) {
    for (; envp != nullptr && *envp != nullptr; ++envp)
        if (std::strncmp(*envp, name.c_str(), name.size()) == 0 &&
            (*envp)[name.size()] == '=')
            return *envp + name.size() + 1;
    return {};
}

const char* letter(int bit) { return bit == X_OK ? "x" : "r"; }

// "chmod o+x FILE"; with an access list chmod would change its mask only.
std::string repair(const Permission& permission, int bit, const std::string& path) {
    if (permission.by_list) return "change its access list (getfacl " + path + ")";
    return std::string("chmod ") + permission.who + "+" + letter(bit) + " " + path;
}

std::string mount_point(const PathWalk& walk) {
    std::string point = walk.steps.back().path;
    for (auto step = walk.steps.rbegin(); step != walk.steps.rend(); ++step)
        if (step->status.st_dev == walk.steps.back().status.st_dev && !step->is_link())
            point = step->path;
    return point;
}

bool mounted_noexec(const std::string& path) {
    struct statvfs status;
    return ::statvfs(path.c_str(), &status) == 0 && (status.f_flag & ST_NOEXEC) != 0;
}

// How the causes of an interpreter's faults differ from those of the script itself.
ScriptCause as_interpreter(ScriptCause cause) {
    switch (cause) {
        case ScriptCause::missing:
            return ScriptCause::interpreter_missing;
        case ScriptCause::not_searchable:
        case ScriptCause::not_regular:
        case ScriptCause::not_executable:
        case ScriptCause::not_readable:
        case ScriptCause::noexec_mount:
            return ScriptCause::interpreter_not_executable;
        default:
            return cause;
    }
}

class Inquiry {
public:
    explicit Inquiry(const ScriptQuestion& question)
        : question_(question), user_("user " + user_name(question.user.uid)) {}

    ScriptFault find() const {
        if (ScriptFault fault = by_error()) return fault;
        if (ScriptFault fault = examine(question_.path, 0)) return fault;
        return question_.error == 0 ? ScriptFault() : unexplained();
    }

private:
    ScriptFault blame(ScriptCause cause, std::string text) const {
        return {cause, question_.path + text};
    }

    // What has nothing to do with the file.
    ScriptFault by_error() const {
        switch (question_.error) {
            case E2BIG:
                return blame(ScriptCause::too_large, too_large());
            case ETXTBSY:
                return blame(ScriptCause::busy,
                             " is open for writing: wait for the upload to end, and "
                             "install programs under another name and rename them");
            case EAGAIN:
                return no_resources("raise the limit on processes of " + user_ +
                                    " (RLimitNPROC, systemd's TasksMax)");
            case ENOMEM:
                return no_resources("free memory or raise RLimitMEM");
            case EMFILE:
            case ENFILE:
                return no_resources("raise the limit on open files");
            default:
                return {};
        }
    }

    ScriptFault no_resources(const std::string& remedy) const {
        return blame(ScriptCause::no_resources, std::string(" could not be started: ") +
                                                    std::strerror(question_.error) +
                                                    "; " + remedy);
    }

    ScriptFault unexplained() const {
        std::string reason = std::strerror(question_.error);
        if (question_.error == EACCES || question_.error == EPERM)
            return blame(ScriptCause::forbidden,
                         " could not be started: " + reason +
                             ", although the permissions of " + user_ +
                             " suffice; SELinux, AppArmor or a sandbox of the service "
                             "refuses it: look at the audit log (ausearch -m avc, "
                             "journalctl -k) and at systemctl cat of the service");
        return blame(ScriptCause::unexplained, " could not be started: " + reason +
                                                   "; run it by hand as " + user_ +
                                                   " in its directory");
    }

    std::string too_large() const;

    // FILE is the script or, from depth 1 on, an interpreter on the way to it.
    ScriptFault examine(const std::string& file, int depth) const {
        ScriptFault fault = examine_as_script(file, depth);
        if (fault && depth > 0) fault.cause = as_interpreter(fault.cause);
        return fault;
    }

    ScriptFault examine_as_script(const std::string& file, int depth) const {
        PathWalk walk = walk_path(file);
        if (ScriptFault fault = check_way(file, walk)) return fault;
        if (ScriptFault fault = check_itself(file, walk)) return fault;
        OpenFile fd(file);
        if (fd.get() < 0) return unreadable(file, walk);
        FirstLine line = parse_first_line(read_range(fd.get(), 0, first_line_limit));
        if (line.kind == FirstLineKind::interpreter)
            return check_interpreter(file, walk, line, depth);
        if (line.kind == FirstLineKind::elf) return check_elf(file, fd.get());
        return refuse_beginning(file, line.kind);
    }

    // Executable, but not readable for who asks: right for a program, wrong for a script,
    // and which of them it is cannot be seen.
    ScriptFault unreadable(const std::string& file, const PathWalk& walk) const {
        const PathStep& self = walk.steps.back();
        const Permission permission =
            permission_of(question_.user, self.path, self.status, R_OK);
        const bool has_failed = question_.has_failed || question_.error != 0;
        if (!has_failed || permission.missing == 0) return {};
        return {ScriptCause::not_readable,
                file + " may be executed but not read by " + user_ + " (" +
                    describe_mode(self.status) +
                    "), and if it is a script, its interpreter must read it; " +
                    repair(permission, R_OK, self.path)};
    }

    ScriptFault check_way(const std::string& file, const PathWalk& walk) const;
    ScriptFault check_itself(const std::string& file, const PathWalk& walk) const;
    ScriptFault check_interpreter(const std::string& file, const PathWalk& walk,
                                  const FirstLine& line, int depth) const;
    ScriptFault check_env(const std::string& file, const FirstLine& line) const;
    ScriptFault check_elf(const std::string& file, int fd) const;
    ScriptFault refuse_beginning(const std::string& file, FirstLineKind kind) const;
    std::string find_in_path(const std::string& program) const;

    const ScriptQuestion& question_;
    std::string user_;
};

std::string Inquiry::too_large() const {
    std::size_t total = 0, count = 0;
    std::string_view largest;
    std::string name, remedy;
    for (char* const* list : {question_.argv, question_.envp}) {
        for (std::size_t i = 0; list != nullptr && list[i] != nullptr; ++i, ++count) {
            std::string_view text = list[i];
            total += text.size() + 1 + sizeof(char*);
            if (text.size() <= largest.size()) continue;
            largest = text;
            if (list == question_.argv) {
                name = "argument " + std::to_string(i);
                remedy = "; lower LimitRequestLine, or write CppCGIArguments off";
            } else {
                name = text.substr(0, std::min<std::size_t>(text.find('='), 64));
                remedy =
                    "; lower LimitRequestLine, LimitRequestFieldSize or "
                    "LimitRequestFields";
            }
        }
    }
    std::string size = name + " with " + std::to_string(largest.size()) + " bytes";
    if (largest.size() >= max_string)
        return " could not be started: its " +
               std::string(name.starts_with("argument ") ? "arguments are"
                                                         : "environment is") +
               " too large, " + size + " where the kernel takes " +
               std::to_string(max_string) + " in one string" + remedy;
    struct rlimit stack = {max_strings * 4, 0};
    ::getrlimit(RLIMIT_STACK, &stack);
    std::size_t limit =
        std::max(std::min<std::size_t>(static_cast<std::size_t>(stack.rlim_cur / 4),
                                       max_strings),
                 max_string);
    return " could not be started: arguments and environment are too large, " +
           std::to_string(total) + " bytes in " + std::to_string(count) +
           " strings, the largest " + size + ", where the kernel takes " +
           std::to_string(limit) + " together" + remedy +
           ", or raise the server's limit on stack (systemd's LimitSTACK)";
}

ScriptFault Inquiry::check_way(const std::string& file, const PathWalk& walk) const {
    for (const PathStep& step : walk.steps) {
        bool last = walk.error == 0 && &step == &walk.steps.back();
        if (!step.is_directory() || last) continue;
        Permission permission =
            permission_of(question_.user, step.path, step.status, X_OK);
        if (permission.missing != 0)
            return {ScriptCause::not_searchable,
                    file + " cannot be reached: " + user_ + " may not search " +
                        step.path + " (" + describe_mode(step.status) + "); " +
                        repair(permission, X_OK, step.path)};
    }
    if (walk.error == 0) return {};
    std::string through = walk.link.empty() ? "" : " (by the link " + walk.link + ")";
    std::string what = walk.failed == file
                           ? " does not exist"
                           : " does not exist: there is no " + walk.failed;
    if (walk.error != ENOENT)
        what = " cannot be reached: " + walk.failed + ": " + std::strerror(walk.error);
    bool refused = walk.error == EACCES || walk.error == EPERM;
    return {refused ? ScriptCause::forbidden : ScriptCause::missing,
            file + what + through +
                (refused ? "; a security module refuses it: look at the audit log"
                         : "; install it there, or correct the path")};
}

ScriptFault Inquiry::check_itself(const std::string& file, const PathWalk& walk) const {
    const PathStep& self = walk.steps.back();
    if (!S_ISREG(self.status.st_mode))
        return {ScriptCause::not_regular,
                file + " is " +
                    (self.is_directory() ? "a directory" : "no regular file") +
                    ": only a file can be executed"};
    Permission permission = permission_of(question_.user, self.path, self.status, X_OK);
    if (permission.missing != 0)
        return {ScriptCause::not_executable, file + " is not executable for " + user_ +
                                                 " (" + describe_mode(self.status) +
                                                 "); " +
                                                 repair(permission, X_OK, self.path)};
    if (mounted_noexec(self.path))
        return {ScriptCause::noexec_mount,
                file + " lies on " + mount_point(walk) +
                    ", which is mounted noexec: move it, or mount that without noexec"};
    return {};
}

ScriptFault Inquiry::refuse_beginning(const std::string& file,
                                      FirstLineKind kind) const {
    switch (kind) {
        case FirstLineKind::empty:
            return {ScriptCause::empty, file + " is empty: copy it again"};
        case FirstLineKind::byte_order_mark:
            return {ScriptCause::byte_order_mark,
                    file +
                        " begins with a byte order mark, so that the kernel does not "
                        "see its #!: save it as UTF-8 without BOM (sed -i "
                        "'1s/^\\xEF\\xBB\\xBF//' " +
                        file + ")"};
        case FirstLineKind::too_long:
            return {ScriptCause::first_line_too_long,
                    file +
                        ": the interpreter's name in its #! line does not end within "
                        "255 bytes, where the kernel stops reading: shorten it, by a "
                        "link if need be"};
        case FirstLineKind::other_system:
            return {ScriptCause::foreign_program,
                    file +
                        " is a program of another operating system: build it for "
                        "Linux"};
        case FirstLineKind::nameless:
            return {ScriptCause::no_first_line,
                    file +
                        ": its first line is #! without an interpreter: write, for "
                        "example, #!/bin/sh"};
        default:
            return {ScriptCause::no_first_line,
                    file +
                        " is neither a program nor does it begin with #!: write its "
                        "interpreter into the first line, for example #!/bin/sh, or "
                        "take away the handler if it is no script"};
    }
}

ScriptFault Inquiry::check_interpreter(const std::string& file, const PathWalk& walk,
                                       const FirstLine& line, int depth) const {
    if (line.ends_in_cr)
        return {ScriptCause::carriage_return,
                file +
                    ": its #! line ends in CR LF, as Windows editors write, so that "
                    "the kernel takes the CR for a part of \"" +
                    (line.argument.empty() ? line.interpreter : line.argument) +
                    "\"; sed -i 's/\\r$//' " + file};
    if (line.interpreter[0] != '/')
        return {ScriptCause::interpreter_missing,
                file + ": its #! line names the interpreter " + line.interpreter +
                    " without its directory: write the whole path"};
    const PathStep& self = walk.steps.back();
    Permission permission = permission_of(question_.user, self.path, self.status, R_OK);
    if (permission.missing != 0)
        return {ScriptCause::not_readable,
                file + " may be executed but not read by " + user_ + " (" +
                    describe_mode(self.status) + "), and its interpreter " +
                    line.interpreter + " must read it; " +
                    repair(permission, R_OK, self.path)};
    if (depth < max_interpreters)
        if (ScriptFault fault = examine(line.interpreter, depth + 1))
            return {fault.cause,
                    file + " has an interpreter that does not work: " + fault.text};
    std::size_t slash = line.interpreter.rfind('/');
    if (line.interpreter.substr(slash + 1) == "env") return check_env(file, line);
    return {};
}

// As execvp in env does it, for the user; "" when there is none.
std::string Inquiry::find_in_path(const std::string& program) const {
    std::string path = variable(question_.envp, "PATH");
    if (path.empty()) path = "/bin:/usr/bin";
    for (std::size_t at = 0; at <= path.size();) {
        std::size_t end = std::min(path.find(':', at), path.size());
        std::string candidate = path.substr(at, end - at) + "/" + program;
        PathWalk walk = walk_path(candidate);
        if (walk.error == 0 && S_ISREG(walk.steps.back().status.st_mode) &&
            permission_of(question_.user, walk.steps.back().path,
                          walk.steps.back().status, X_OK)
                    .missing == 0)
            return candidate;
        at = end + 1;
    }
    return {};
}

ScriptFault Inquiry::check_env(const std::string& file, const FirstLine& line) const {
    EnvLine env = parse_env_argument(line.argument);
    if (env.program.empty() || env.program.find('/') != std::string::npos) return {};
    if (!env.splits && (!env.rest.empty() || env.program[0] == '-'))
        return {ScriptCause::env_argument,
                file + ": its #! line gives env one argument \"" + env.program +
                    "\", which it takes for a program's name: write " +
                    line.interpreter + " -S " + env.program};
    if (!find_in_path(env.program).empty()) return {};
    std::string path = variable(question_.envp, "PATH");
    std::string other;
    for (const char* suffix : {"3", "2"})
        if (other.empty() && !find_in_path(env.program + suffix).empty())
            other = " (there is a " + env.program + suffix + ")";
    return {
        ScriptCause::env_program_missing,
        file + ": its #! line asks env for " + env.program +
            ", which is nowhere in PATH=" + (path.empty() ? "/bin:/usr/bin" : path) +
            other + "; install it, name its path in the #! line, or SetEnv PATH"};
}

ScriptFault Inquiry::check_elf(const std::string& file, int fd) const {
    ElfFile elf = read_elf(fd);
    if (elf.fault == ElfFault::truncated || elf.fault == ElfFault::not_elf)
        return {ScriptCause::broken_program,
                file + " is a damaged program: " + elf.found + "; copy it again"};
    // 32-bit x86 runs on x86-64 where the kernel wants; a missing loader shows below.
    bool sibling = elf.machine == EM_386 && own_architecture() == "64-bit x86-64" &&
                   question_.error != ENOEXEC;
    if (elf.fault == ElfFault::foreign || (!elf.native() && !sibling))
        return {ScriptCause::foreign_program,
                file + " is a program for " + elf.architecture() +
                    ", this machine is " + own_architecture() + ": build it here"};
    ElfNeeds needs = read_needs(fd, elf);
    if (elf.section(CPPCGI_CARD_SECTION) != nullptr && needs.interpreter.empty() &&
        !needs.program && elf.type == ET_DYN)
        return {ScriptCause::not_a_program,
                file +
                    " is a handler library, not a program: name it in CppCGILibrary "
                    "and CppCGIHandler, or build it with CPPCGI_MAIN"};
    if (elf.type == ET_REL || elf.type == ET_CORE ||
        (elf.type == ET_DYN && needs.interpreter.empty() && !needs.program))
        return {ScriptCause::not_a_program,
                file +
                    " is an object file or a shared library, not a program: link it "
                    "without -c and -shared"};
    if (needs.interpreter.empty()) return {};
    PathWalk loader = walk_path(needs.interpreter);
    if (loader.error != 0 || permission_of(question_.user, needs.interpreter,
                                           loader.steps.back().status, X_OK)
                                     .missing != 0)
        return {ScriptCause::loader_missing,
                file + " needs the dynamic linker " + needs.interpreter +
                    ", which is not here or not executable: install the C library that "
                    "it was built for, or build it on this system"};
    if (needs.interpreter.find("musl") != std::string::npos) return {};  // has no cache
    std::vector<MissingLibrary> missing = missing_libraries(
        file, elf, needs, variable(question_.envp, "LD_LIBRARY_PATH"));
    if (missing.empty()) return {};
    std::string names;
    for (const MissingLibrary& library : missing)
        names += (names.empty() ? "" : ", ") + library.name +
                 (library.needed_by == file ? "" : " (for " + library.needed_by + ")");
    return {
        ScriptCause::library_missing,
        file + " needs " + names +
            ", found neither in its RUNPATH nor by ldconfig: install it, or add its "
            "directory to /etc/ld.so.conf.d and run ldconfig"};
}

}  // namespace

ScriptFault find_script_fault(const ScriptQuestion& question) {
    return Inquiry(question).find();
}

}  // namespace cppcgi::host
