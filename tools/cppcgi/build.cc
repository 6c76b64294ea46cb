// `cppcgi build FILE.cc...` and `cppcgi flags`.
#include "tools/cppcgi/command.h"
#include "tools/cppcgi/compiler.h"

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace cppcgi::tools {

namespace {

namespace fs = std::filesystem;

struct BuildRequest {
    Words sources;
    Words extra;
    std::string output;
    bool program = false;
    bool both = false;
    bool verbose = false;
};

struct FlagsRequest {
    bool compile = false, library = false, program = false;
};

void build_one(const Compiler& compiler, Product product, const Words& sources,
               const fs::path& output, const BuildRequest& request) {
    const Words words =
        compiler.command(product, sources, output, {.extra = request.extra});
    if (request.verbose) {
        for (const std::string& word : words) std::printf("%s ", word.c_str());
        std::printf("\n");
        std::fflush(stdout);
    }
    if (run_program(words) != 0)
        throw std::runtime_error(
            output.native() + " was not built" +
            (product == Product::program
                 ? "; a program needs a CPPCGI_MAIN(handler) in its source"
                 : ""));
    std::printf("%s\n", output.c_str());
}

int run_build(const BuildRequest& request) {
    for (const std::string& source : request.sources)
        if (!fs::exists(source)) throw std::runtime_error("there is no " + source);
    if (!request.output.empty() && request.both)
        throw std::runtime_error("--output names one file, and --both makes two");
    const Compiler compiler;
    std::vector<Product> products = {request.program ? Product::program
                                                     : Product::library};
    if (request.both) products = {Product::library, Product::program};
    for (const Product product : products) {
        if (!request.output.empty()) {
            build_one(compiler, product, request.sources, request.output, request);
            continue;
        }
        for (const std::string& source : request.sources)
            build_one(compiler, product, {source}, product_of(source, product),
                      request);
    }
    return 0;
}

void print(const Words& words) {
    for (const std::string& word : words) std::printf("%s ", word.c_str());
}

const Command build(20, [](CLI::App& program, int& status) {
    auto [command, request] = add_subcommand<BuildRequest>(
        program, status, "build",
        "Builds sources into handler libraries, programs or both.", run_build);
    command->add_option("FILE.cc", request->sources, "the sources, each a handler's")
        ->required();
    command->add_flag("--cgi", request->program,
                      "a classic CGI program, FILE.cgi, in place of the library");
    command->add_flag("--both", request->both, "FILE.so and FILE.cgi");
    command->add_option("-o,--output", request->output,
                        "one file from all sources, in place of one from each");
    command
        ->add_option("--flag", request->extra,
                     "a word more for the compiler, such as --flag=-lpq; may be "
                     "repeated; CXX, CXXFLAGS and LDFLAGS are taken as well")
        ->allow_extra_args(false);
    command->add_flag("-v,--verbose", request->verbose, "shows the compiler's command");
});

const Command flags(25, [](CLI::App& program, int&) {
    CLI::App* command = program.add_subcommand(
        "flags", "Writes the flags that build uses, for a Makefile of your own.");
    auto wanted = std::make_shared<FlagsRequest>();
    command->add_flag("--cflags", wanted->compile,
                      "what compiles a source, the default");
    command->add_flag("--libs", wanted->library, "what links a handler library");
    command->add_flag("--program-libs", wanted->program,
                      "what links a program, such as a test");
    command->callback([wanted] {
        const Compiler compiler;
        if (wanted->compile || !(wanted->library || wanted->program))
            print(compiler.compile_flags());
        if (wanted->library) print(compiler.link_flags(Product::library));
        if (wanted->program) print(compiler.link_flags(Product::program));
        std::printf("\n");
    });
});

}  // namespace

}  // namespace cppcgi::tools
