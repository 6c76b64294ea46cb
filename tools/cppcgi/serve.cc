// `cppcgi serve TARGET`.
#include "tools/cppcgi/command.h"
#include "tools/cppcgi/development_server.h"

namespace cppcgi::tools {

namespace {

struct ServeOptions {
    std::string target;
    unsigned port = 0;
};

const Command command(40, [](CLI::App& program, int& status) {
    auto [serve, options] = add_subcommand<ServeOptions>(
        program, status, "serve",
        "Serves handlers from a private httpd and builds them again when a file "
        "changes: save, and load the page again.",
        [](const ServeOptions& given) {
            return DevelopmentServer(given.target, given.port).run();
        });
    serve
        ->add_option("TARGET", options->target,
                     "FILE.cc, FILE.so, or a directory, which serves each .cc in it "
                     "at its name")
        ->required();
    serve->add_option("--port", options->port,
                      "of 127.0.0.1; without it, the first free one from 8000 on");
});

}  // namespace

}  // namespace cppcgi::tools
