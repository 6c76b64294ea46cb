// Programs that the command starts: compilers, a private httpd. Plain values.
#ifndef CPPCGI_TOOLS_CPPCGI_CHILD_PROCESS_H
#define CPPCGI_TOOLS_CPPCGI_CHILD_PROCESS_H

#include <sys/types.h>

#include <string>
#include <vector>

namespace cppcgi::tools {

using Words = std::vector<std::string>;

// Words of a variable such as CXX="ccache g++"; `otherwise` when it is unset or empty.
Words words_of_variable(const char* name, const std::string& otherwise = {});

struct ChildOptions {
    int output = 1;  // the descriptors it gets as its outputs
    int error = 2;
    // Ctrl-C in the terminal does not reach it, and kill(-pid) ends all it has started.
    bool own_group = false;
};

// Starts a program, which is looked for in PATH. Throws std::runtime_error with a
// sentence. The caller waits for it.
pid_t start_program(const Words& words, const ChildOptions& options = {});

// Its exit status, 128 + signal when one ended it.
int wait_for_program(pid_t pid);
int exit_code(int wait_status) noexcept;

// Both in one.
int run_program(const Words& words, const ChildOptions& options = {});

}  // namespace cppcgi::tools

#endif
