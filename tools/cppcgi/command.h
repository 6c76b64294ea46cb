// A subcommand of the program `cppcgi`: one file, with one line that registers it. What it
// runs sets the exit status, or throws std::runtime_error with a sentence.
//
//     static const Command command(60, [](CLI::App& program, int& status) {
//         auto options = std::make_shared<Options>();
//         CLI::App* doctor = program.add_subcommand("doctor", "Says why ...");
//         doctor->add_option("FILE", options->file, "a library or a script")->required();
//         doctor->callback([options, &status] { status = run_doctor(*options); });
//     });
#ifndef CPPCGI_TOOLS_CPPCGI_COMMAND_H
#define CPPCGI_TOOLS_CPPCGI_COMMAND_H

#include <CLI/CLI.hpp>

namespace cppcgi::tools {

using AddCommand = void (*)(CLI::App& program, int& status);

class Command {
public:
    // The help lists subcommands by their place.
    Command(int place, AddCommand add);

private:
    friend void add_commands(CLI::App& program, int& status);

    int place_;
    AddCommand add_;
    const Command* next_;
};

// All that are linked in.
void add_commands(CLI::App& program, int& status);

}  // namespace cppcgi::tools

#endif
