#include "tools/installation.h"

#include <initializer_list>
#include <stdexcept>
#include <string>

namespace cppcgi::tools {

namespace fs = std::filesystem;

namespace {

fs::path first_that_exists(std::initializer_list<fs::path> candidates,
                           const fs::path& file) {
    std::string tried;
    std::error_code ignored;
    for (const fs::path& candidate : candidates) {
        if (fs::exists(candidate / file, ignored)) return candidate.lexically_normal();
        tried += (tried.empty() ? "" : ", ") + candidate.lexically_normal().native();
    }
    throw std::runtime_error(file.native() + " is in none of " + tried +
                             ": install mod_cppcgi, or build it");
}

}  // namespace

fs::path own_program() { return fs::read_symlink("/proc/self/exe"); }

fs::path include_directory() {
    const fs::path bin = own_program().parent_path();
    // PREFIX/bin, build/bin, build/VARIANT/bin.
    return first_that_exists(
        {bin / "../include", bin / "../../include", bin / "../../../include"},
        "cppcgi.h");
}

fs::path library_directory() {
    return first_that_exists({own_program().parent_path() / "../lib"},
                             "libcppcgi.so.1");
}

fs::path httpd_module() {
    const fs::path file = "mod_cppcgi.so";
    return first_that_exists(
               {own_program().parent_path() / "../lib", CPPCGI_HTTPD_MODULES}, file) /
           file;
}

}  // namespace cppcgi::tools
