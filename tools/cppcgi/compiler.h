// How a user's sources become a handler library or a program: with the configured compiler
// or CXX, its flags or CXXFLAGS and LDFLAGS, and what mod_cppcgi needs.
#ifndef CPPCGI_TOOLS_CPPCGI_COMPILER_H
#define CPPCGI_TOOLS_CPPCGI_COMPILER_H

#include "tools/cppcgi/child_process.h"

#include <filesystem>
#include <string>

namespace cppcgi::tools {

enum class Product { library, program };

struct BuildOptions {
    std::string optimisation = "-O2";    // unless CXXFLAGS say
    std::filesystem::path depfile = {};  // of make's form, what the sources include
    Words extra = {};                    // at the end of the line
};

class Compiler {
public:
    Compiler();

    // What compiles a source, without its name.
    Words compile_flags(const BuildOptions& options = {}) const;
    // What links it, behind the objects.
    Words link_flags(Product product) const;

    Words command(Product product, const Words& sources,
                  const std::filesystem::path& output,
                  const BuildOptions& options = {}) const;

private:
    Words program_;
    bool knows_gnu_unique_;
};

// hello.cc as hello.so or hello.cgi, where the command was called.
std::filesystem::path product_of(const std::filesystem::path& source, Product product);

}  // namespace cppcgi::tools

#endif
