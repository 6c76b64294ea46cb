// cppcgi limits URL: which handler or script serves it and each setting that holds there,
// with its place; cppcgi status: the statistics of a running server.
#include <iostream>
#include <memory>

#include "tools/cppcgi/command.h"
#include "tools/cppcgi/server_question.h"

namespace cppcgi::tools {

namespace {

struct Options {
    std::string url;
    std::string status_page;
    bool json = false;
};

const Command limits(70, [](CLI::App& program, int& status) {
    auto [command, options] = add_subcommand<Options>(
        program, status, "limits",
        "Asks a running server what serves a URL and why, and prints each limit with "
        "its value and the file and line that set it.",
        [](const Options& given) {
            std::cout << ask_server(parse_url(given.url), given.status_page,
                                    given.json);
            return 0;
        });
    command->add_option("URL", options->url, "http://localhost/path")->required();
    command->add_flag("--json", options->json, "write JSON");
    command->add_option("--status", options->status_page,
                        "the URL of the status page; by default /cppcgi-status of the "
                        "server asked");
});

const Command statistics(80, [](CLI::App& program, int& status) {
    auto [command, options] = add_subcommand<Options>(
        program, status, "status", "Prints the statistics of a running server as JSON.",
        [](const Options& given) {
            std::cout << read_status(given.url);
            return 0;
        });
    options->url = "http://localhost/cppcgi-status";
    command->add_option("URL", options->url,
                        "of the status page; by default " + options->url);
});

}  // namespace

}  // namespace cppcgi::tools
