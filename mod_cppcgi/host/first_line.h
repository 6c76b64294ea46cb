// The beginning of a file that is to be executed, read as the kernel reads it: "#!", an
// interpreter, at most one argument, all within 256 bytes (fs/binfmt_script.c). Plain
// values; any thread.
#ifndef CPPCGI_HOST_FIRST_LINE_H
#define CPPCGI_HOST_FIRST_LINE_H

#include <string>
#include <string_view>
#include <vector>

namespace cppcgi::host {

enum class FirstLineKind {
    interpreter,      // "#!" and a name
    elf,              // a program or library for this kind of system
    empty,            // no bytes at all
    byte_order_mark,  // UTF-8's before "#!", or UTF-16's
    too_long,         // the name does not end within 256 bytes
    nameless,         // "#!" and nothing
    other_system,     // a program of Windows or macOS
    other             // anything else
};

struct FirstLine {
    FirstLineKind kind = FirstLineKind::other;
    std::string interpreter;  // without a CR
    std::string argument;     // all behind the name, as one word
    bool ends_in_cr = false;  // the kernel takes the CR for a part of the last word
};

constexpr std::size_t first_line_limit = 256;

// `start` is the file's beginning, as much as there is of first_line_limit bytes.
FirstLine parse_first_line(std::string_view start);

// What `env` looks for and what it is given, from the argument of a "#!.../env" line.
struct EnvLine {
    std::string program;            // "" when there is none
    bool splits = false;            // -S: env splits the line into words itself
    std::vector<std::string> rest;  // words behind the program
};
EnvLine parse_env_argument(std::string_view argument);

}  // namespace cppcgi::host

#endif
