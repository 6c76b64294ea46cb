#include "tools/cppcgi/command.h"

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
    CLI::App program("Makes, builds, runs and examines C++ handlers for mod_cppcgi.",
                     "cppcgi");
    program.set_version_flag("--version", "cppcgi " CPPCGI_VERSION);
    program.require_subcommand(1);
    int status = 0;
    try {
        cppcgi::tools::add_commands(program, status);
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cppcgi: %s\n", error.what());
        return 1;
    }
    return status;
}
