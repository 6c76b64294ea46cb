// `cppcgi new NAME`.
#include "tools/cppcgi/command.h"
#include "tools/cppcgi/project_files.h"
#include "tools/installation.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

namespace cppcgi::tools {

namespace {

namespace fs = std::filesystem;

void check_name(const std::string& name) {
    const auto is_letter = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) ||
        !std::all_of(name.begin(), name.end(), is_letter))
        throw std::runtime_error(
            "\"" + name +
            "\" cannot be a handler's name: it is made of letters, digits and _, and "
            "begins with a letter");
}

// How a Makefile calls this program: by its name where PATH finds it.
std::string own_command() {
    const fs::path own = own_program();
    const char* path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    std::error_code ignored;
    for (std::string folder; std::getline(folders, folder, ':');)
        if (fs::equivalent(fs::path(folder) / own.filename(), own, ignored))
            return own.filename();
    return own;
}

std::string filled(std::string_view text, const std::string& name,
                   const std::string& folder) {
    const std::pair<std::string_view, std::string> words[] = {
        {"@NAME@", name}, {"@COMMAND@", own_command()}, {"@FOLDER@", folder}};
    std::string out(text);
    for (const auto& [word, value] : words)
        for (std::size_t at = 0; (at = out.find(word, at)) != out.npos;
             at += value.size())
            out.replace(at, word.size(), value);
    return out;
}

int make_project(const std::string& name) {
    check_name(name);
    const fs::path folder = fs::absolute(name);
    if (fs::exists(folder) && !fs::is_empty(folder))
        throw std::runtime_error(folder.native() +
                                 " is there already: choose another name");
    fs::create_directories(folder);
    for (const ProjectFile& file : project_files) {
        const fs::path path = folder / filled(file.name, name, folder);
        std::ofstream out(path);
        out << filled(file.text, name, folder);
        out.close();
        if (!out) throw std::runtime_error("cannot write " + path.native());
    }
    std::printf("%s is made. Next: cd %s && make test && make run\n", name.c_str(),
                name.c_str());
    return 0;
}

const Command command(10, [](CLI::App& program, int& status) {
    auto [make, name] = add_subcommand<std::string>(
        program, status, "new",
        "Makes a project: a handler, its test, a Makefile and a configuration.",
        make_project);
    make->add_option("NAME", *name, "of the handler and of its directory")->required();
});

}  // namespace

}  // namespace cppcgi::tools
