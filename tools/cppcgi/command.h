// A subcommand of the program `cppcgi`: one file, with one line that registers it. What it
// runs sets the exit status, or throws std::runtime_error with a sentence.
//
//     static const Command command(60, [](CLI::App& program, int& status) {
//         auto [doctor, options] = add_subcommand<Options>(
//             program, status, "doctor", "Says why ...",
//             [](const Options& given) { return Doctor(given).examine(); });
//         doctor->add_option("FILE", options->file, "a library or a script")->required();
//     });
#ifndef CPPCGI_TOOLS_CPPCGI_COMMAND_H
#define CPPCGI_TOOLS_CPPCGI_COMMAND_H

#include <memory>
#include <string>
#include <utility>

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

// A subcommand whose options are read into an object, which `run` gets when it is called.
// Both results live as long as the program.
template <class Options>
std::pair<CLI::App*, Options*> add_subcommand(CLI::App& program, int& status,
                                              const std::string& name,
                                              const std::string& description,
                                              int (*run)(const Options&)) {
    auto options = std::make_shared<Options>();
    CLI::App* subcommand = program.add_subcommand(name, description);
    subcommand->callback([options, run, &status] { status = run(*options); });
    return {subcommand, options.get()};
}

// All that are linked in.
void add_commands(CLI::App& program, int& status);

}  // namespace cppcgi::tools

#endif
