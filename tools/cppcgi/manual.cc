// `cppcgi manual`: the manual page and the completion for bash, both from the options as
// they are declared, so that neither can fall behind.
#include "tools/cppcgi/command.h"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace cppcgi::tools {

namespace {

using Options = std::vector<const CLI::Option*>;

const CLI::App& top_of(const CLI::App& program) {
    const CLI::App* top = &program;
    while (top->get_parent()) top = top->get_parent();
    return *top;
}

// Those the help shows; a group without a name hides.
std::vector<const CLI::App*> subcommands(const CLI::App& program) {
    std::vector<const CLI::App*> shown;
    for (const CLI::App* one : program.get_subcommands({}))
        if (!one->get_group().empty()) shown.push_back(one);
    return shown;
}

Options options_of(const CLI::App& app) {
    Options shown;
    for (const CLI::Option* option : app.get_options())
        if (!option->get_group().empty()) shown.push_back(option);
    return shown;
}

// Text as troff takes it: no escapes, no line that begins with a control character.
std::string plain(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
            out += std::string("\\&") + c;
        } else {
            out += c;
        }
    }
    return out;
}

std::string name_of(const CLI::Option& option) {
    return option.get_positional() ? option.get_name(true)
                                   : option.get_name(false, true);
}

void append_options(std::string& page, const CLI::App& app) {
    for (const CLI::Option* option : options_of(app)) {
        page += ".TP\n\\fB" + plain(name_of(*option)) + "\\fR";
        if (!option->get_positional() && option->get_items_expected_max() > 0)
            page += " " + plain(option->get_type_name());
        page += "\n" + plain(option->get_description()) + "\n";
    }
}

std::string manual_page(const CLI::App& program) {
    std::string page = ".TH CPPCGI 1 \"\" \"mod_cppcgi " CPPCGI_VERSION
                       "\"\n.SH NAME\ncppcgi \\- " +
                       plain(program.get_description()) +
                       "\n.SH SYNOPSIS\n.B cppcgi\nCOMMAND [OPTIONS]\n.SH COMMANDS\n";
    for (const CLI::App* command : subcommands(program)) {
        page += ".SS cppcgi " + plain(command->get_name()) + "\n" +
                plain(command->get_description()) + "\n";
        append_options(page, *command);
    }
    page +=
        ".SH \"SEE ALSO\"\ncppcgi\\-worker \\-\\-help,\n"
        "doc/command.md and doc/gateways.md of mod_cppcgi\n";
    return page;
}

std::string long_options(const CLI::App& app) {
    std::string words;
    for (const CLI::Option* option : options_of(app))
        for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
    return words;
}

std::string completion(const CLI::App& program) {
    std::string names, cases;
    for (const CLI::App* command : subcommands(program)) {
        names += command->get_name() + " ";
        cases += "        " + command->get_name() + ") words=\"" +
                 long_options(*command) + "\" ;;\n";
    }
    return "# Completion of cppcgi for bash: . <(cppcgi manual --completion)\n"
           "_cppcgi() {\n"
           "    local words=\"\" word=${COMP_WORDS[COMP_CWORD]}\n"
           "    case $COMP_CWORD in\n"
           "    1) words=\"" +
           names + long_options(program) +
           "\" ;;\n"
           "    *) case ${COMP_WORDS[1]} in\n" +
           cases +
           "        esac\n"
           "        [[ $word == -* ]] || { COMPREPLY=($(compgen -f -- \"$word\")); "
           "return; } ;;\n"
           "    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "}\n"
           "complete -o filenames -F _cppcgi cppcgi\n";
}

const Command command(90, [](CLI::App& program, int&) {
    CLI::App* manual = program.add_subcommand(
        "manual", "Writes the manual page, or the completion for bash.");
    auto bash = std::make_shared<bool>(false);
    manual->add_flag("--completion", *bash, "the completion, to be sourced");
    manual->callback([manual, bash] {
        const CLI::App& top = top_of(*manual);
        std::fputs((*bash ? completion(top) : manual_page(top)).c_str(), stdout);
    });
});

}  // namespace

}  // namespace cppcgi::tools
