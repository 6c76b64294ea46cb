// `cppcgi serve TARGET`.
#include "tools/cppcgi/command.h"
#include "tools/cppcgi/development_server.h"

#include <memory>

namespace cppcgi::tools {

namespace {

struct ServeOptions {
    std::string target;
    unsigned port = 0;
};

const Command command(40, [](CLI::App& program, int& status) {
    auto options = std::make_shared<ServeOptions>();
    CLI::App* serve = program.add_subcommand(
        "serve",
        "Serves handlers from a private httpd and builds them again when a file "
        "changes: save, and load the page again.");
    serve
        ->add_option("TARGET", options->target,
                     "FILE.cc, FILE.so, or a directory, which serves each .cc in it "
                     "at its name")
        ->required();
    serve->add_option("--port", options->port,
                      "of 127.0.0.1; without it, the first free one from 8000 on");
    serve->callback([options, &status] {
        status = DevelopmentServer(options->target, options->port).run();
    });
});

}  // namespace

}  // namespace cppcgi::tools
