#include "tools/cppcgi/compiler.h"

#include "tools/installation.h"

#include <stdexcept>

namespace cppcgi::tools {

namespace fs = std::filesystem;

namespace {

void append(Words& words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
}

// clang stops at the option.
bool takes_no_gnu_unique(const Words& program) {
    Words words = program;
    append(words,
           {"-fno-gnu-unique", "-Werror", "-fsyntax-only", "-x", "c++", "/dev/null"});
    return run_program(words, {.output = -1, .error = -1}) == 0;
}

}  // namespace

Compiler::Compiler()
    : program_(words_of_variable("CXX", CPPCGI_CXX)),
      knows_gnu_unique_(takes_no_gnu_unique(program_)) {}

Words Compiler::compile_flags(const BuildOptions& options) const {
    Words words = {"-std=c++20", "-fPIC", "-pthread", "-Wall", "-Wextra"};
    append(words, words_of_variable("CXXFLAGS", options.optimisation + " -g"));
    // Otherwise one inline variable keeps an old library mapped over every restart.
    if (knows_gnu_unique_) words.push_back("-fno-gnu-unique");
    append(words, {"-I", include_directory()});
    if (!options.depfile.empty()) append(words, {"-MMD", "-MF", options.depfile});
    return words;
}

Words Compiler::link_flags(Product product) const {
    Words words = words_of_variable("LDFLAGS");
    const fs::path lib = library_directory();
    if (product == Product::library) {
        // A missing symbol is said here, not when the server opens the library.
        append(words,
               {"-shared", "-Wl,-z,defs", "-Wl,-Bsymbolic", "-L", lib, "-lcppcgi"});
        return words;
    }
    append(words, {"-static-libstdc++", "-static-libgcc", lib / "libcppcgi.a"});
    append(words, words_of_variable("CPPCGI_STATIC_LIBS", CPPCGI_STATIC_LIBS));
    return words;
}

Words Compiler::command(Product product, const Words& sources, const fs::path& output,
                        const BuildOptions& options) const {
    Words words = program_;
    append(words, compile_flags(options));
    append(words, {"-o", output});
    append(words, sources);
    append(words, link_flags(product));
    append(words, options.extra);
    return words;
}

fs::path product_of(const fs::path& source, Product product) {
    return source.filename().replace_extension(product == Product::library ? ".so"
                                                                           : ".cgi");
}

}  // namespace cppcgi::tools
