#include "t/tree/source_tree.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "t/process.h"

namespace cppcgi_test {

namespace fs = std::filesystem;

std::vector<std::string> files(const std::string& folder,
                               const std::vector<std::string>& endings) {
    const fs::path top = source_dir();
    std::vector<std::string> result;
    const auto take = [&](const fs::path& file) {
        const std::string name = fs::relative(file, top);
        for (const std::string& ending : endings)
            if (name.ends_with(ending)) result.push_back(name);
    };
    if (fs::is_regular_file(top / folder)) take(top / folder);
    if (fs::is_directory(top / folder))
        for (const auto& entry : fs::recursive_directory_iterator(top / folder))
            if (entry.is_regular_file()) take(entry.path());
    std::sort(result.begin(), result.end());
    return result;
}

std::string source(const std::string& path) { return read_file(source_dir() / path); }

std::vector<std::string> compilers() {
    const char* chosen = std::getenv("CPPCGI_TEST_COMPILERS");
    std::istringstream names(chosen != nullptr ? chosen : "g++ clang++");
    std::vector<std::string> result;
    for (std::string name; names >> name;)
        if (run({"sh", "-c", "command -v " + name}).status == 0) result.push_back(name);
    if (result.empty()) throw std::runtime_error("no compiler to test with");
    return result;
}

std::string compile(const std::string& compiler, const std::string& text) {
    const fs::path file = fs::temp_directory_path() /
                          ("cppcgi-compile-" + std::to_string(getpid()) + ".cc");
    std::ofstream(file) << text;
    const Exit exit = run({compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra",
                           "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror",
                           "-I" + (source_dir() / "include").native(), file});
    fs::remove(file);
    return exit.status == 0 ? "" : compiler + ": " + exit.output;
}

}  // namespace cppcgi_test
