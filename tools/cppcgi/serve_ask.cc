// `cppcgi serve-ask`: the program behind the RewriteMap of `cppcgi serve`'s httpd. Hands
// each line of httpd to the command and its answer back. It belongs to one reading of the
// configuration, whose number it says first.
#include "tools/cppcgi/command.h"
#include "tools/cppcgi/unix_socket.h"

#include <csignal>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace cppcgi::tools {

namespace {

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// False at the end of the file.
bool pass_on(int from, int to) {
    char block[4096];
    const ssize_t got = ::read(from, block, sizeof block);
    return got > 0 && write_all(to, {block, static_cast<std::size_t>(got)});
}

// Returns when one of them has gone; true when that was httpd.
bool relay(int command) {
    for (;;) {
        pollfd ready[2] = {{0, POLLIN, 0}, {command, POLLIN, 0}};
        if (::poll(ready, 2, -1) < 0) continue;
        if (ready[0].revents != 0 && !pass_on(0, command)) return true;
        if (ready[1].revents != 0 && !pass_on(command, 1)) return false;
    }
}

int ask(const std::string& socket, const std::string& generation) {
    try {
        const int command = connect_unix(socket);
        if (write_all(command, generation + "\n") && relay(command)) return 0;
    } catch (const std::runtime_error&) {
    }
    // The command has been killed: its server is not to outlive it. Asked more than once,
    // since httpd forgets what it is asked while it starts.
    const pid_t server = ::getppid();
    for (int i = 0; i < 100 && ::getppid() == server; ++i) {
        ::kill(server, SIGTERM);
        ::poll(nullptr, 0, 100);
    }
    return 1;
}

struct AskOptions {
    std::string socket, generation;
};

const Command command(99, [](CLI::App& program, int& status) {
    auto options = std::make_shared<AskOptions>();
    CLI::App* hidden = program.add_subcommand("serve-ask", "For the httpd of serve.");
    hidden->group("");  // not shown
    hidden->add_option("SOCKET", options->socket)->required();
    hidden->add_option("GENERATION", options->generation)->required();
    hidden->callback(
        [options, &status] { status = ask(options->socket, options->generation); });
});

}  // namespace

}  // namespace cppcgi::tools
