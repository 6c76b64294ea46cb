#include "tools/cppcgi/command.h"

#include <algorithm>
#include <vector>

namespace cppcgi::tools {

namespace {

// Static objects add to it before main(); nothing in it has to be destroyed.
constinit const Command* first_command = nullptr;

}  // namespace

Command::Command(int place, AddCommand add)
    : place_(place), add_(add), next_(first_command) {
    first_command = this;
}

void add_commands(CLI::App& program, int& status) {
    std::vector<const Command*> commands;
    for (const Command* command = first_command; command; command = command->next_)
        commands.push_back(command);
    std::sort(commands.begin(), commands.end(),
              [](const Command* a, const Command* b) { return a->place_ < b->place_; });
    for (const Command* command : commands) command->add_(program, status);
}

}  // namespace cppcgi::tools
