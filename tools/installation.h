// Where the parts of mod_cppcgi are that belong to the program that runs: found from its
// own place, so that a build tree and an installed prefix both work wherever they lie.
// Plain values.
#ifndef CPPCGI_TOOLS_INSTALLATION_H
#define CPPCGI_TOOLS_INSTALLATION_H

#include <filesystem>

namespace cppcgi::tools {

// The running program's file.
std::filesystem::path own_program();

// Each throws std::runtime_error with a sentence when it is nowhere.
std::filesystem::path include_directory();  // has cppcgi.h
std::filesystem::path library_directory();  // has libcppcgi.so.1
std::filesystem::path httpd_module();       // mod_cppcgi.so

}  // namespace cppcgi::tools

#endif
