#include "gateway/terminal.h"

#include <cppcgi/escape.h>

#include "core/characters.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

namespace cppcgi::program {

namespace {

constexpr int input = 0, error = 2;

class TerminalCall final : public CgiCall {
public:
    TerminalCall(std::string_view name, const TerminalRequest& request)
        : CgiCall(name, request.entries(), request.arguments()),
          has_form_(environment().variable("REQUEST_METHOD") == "POST") {}

    int read(cppcgi_text& slice) override {
        if (!has_form_) return CPPCGI_READ_END;
        has_form_ = false;
        form_ = form_of_lines(read_input());
        if (form_.empty()) return CPPCGI_READ_END;
        slice = {form_.data(), form_.size()};
        return CPPCGI_READ_DATA;
    }

private:
    std::string read_input() {
        cppcgi_limits limits{};
        environment().read_limits(limits);
        std::string text;
        char block[4096];
        // One byte more than is allowed shows the form's reader that it is too long.
        while (text.size() <= limits.max_body) {
            const ssize_t got = ::read(input, block, sizeof block);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) break;
            text.append(block, static_cast<std::size_t>(got));
        }
        return text;
    }

    bool has_form_;
    std::string form_;
};

void say(std::string_view text) {
    [[maybe_unused]] const ssize_t nowhere_to_complain =
        ::write(error, text.data(), text.size());
}

void introduce(std::string_view name) {
    std::string text(name);
    text +=
        " is a CGI program made with mod_cppcgi: a web server runs it, and it answers "
        "one request.\nFrom here it takes a form, as arguments or on standard input:\n"
        "    NAME=VALUE ...      fields of a GET\n"
        "    < FILE              fields of a POST, one NAME=VALUE a line\n"
        "Variables such as PATH_INFO, HTTP_COOKIE and CPPCGI_PARAM_<name> are taken "
        "from "
        "the environment.\n\n";
    say(text);
}

// /dev/null and other devices hold no form.
bool is_file_or_pipe(int descriptor) {
    struct stat status {};
    return ::fstat(descriptor, &status) == 0 &&
           (S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode) ||
            S_ISSOCK(status.st_mode));
}

bool asks_for_help(std::span<const char* const> arguments) {
    return arguments.size() == 1 && (std::strcmp(arguments[0], "--help") == 0 ||
                                     std::strcmp(arguments[0], "-h") == 0);
}

}  // namespace

TerminalRequest::TerminalRequest(std::string_view name, const char* const* environment,
                                 std::span<const char* const> arguments,
                                 bool form_on_input) {
    std::string query;
    for (const char* argument : arguments) {
        const char* equals = std::strchr(argument, '=');
        if (!equals) {
            arguments_.push_back(argument);
            continue;
        }
        const auto length = static_cast<std::size_t>(equals - argument);
        append_query(query, {argument, length}, equals + 1);
    }
    if (!query.empty()) owned_.push_back("QUERY_STRING=" + query);
    const std::size_t before_defaults = owned_.size();
    if (form_on_input) {
        owned_.emplace_back("REQUEST_METHOD=POST");
        owned_.emplace_back("CONTENT_TYPE=application/x-www-form-urlencoded");
    }
    owned_.insert(owned_.end(), {"GATEWAY_INTERFACE=CGI/1.1", "REQUEST_METHOD=GET",
                                 "QUERY_STRING=", "SERVER_PROTOCOL=HTTP/1.0",
                                 "SERVER_NAME=localhost", "SERVER_PORT=80",
                                 "SERVER_SOFTWARE=terminal", "REMOTE_ADDR=127.0.0.1"});
    owned_.push_back("SCRIPT_NAME=/" + std::string(name));
    // The first of a name counts: arguments, then what the shell says, then the rest.
    for (std::size_t i = 0; i < before_defaults; ++i)
        entries_.push_back(owned_[i].c_str());
    for (; *environment; ++environment) entries_.push_back(*environment);
    for (std::size_t i = before_defaults; i < owned_.size(); ++i)
        entries_.push_back(owned_[i].c_str());
    entries_.push_back(nullptr);
}

std::string form_of_lines(std::string_view text) {
    std::string form;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (!form.empty()) form += '&';
        form += line;
    }
    return form;
}

int run_terminal(std::string_view name, cppcgi_entry entry,
                 const char* const* environment,
                 std::span<const char* const> arguments) {
    if (asks_for_help(arguments)) return introduce(name), 0;
    if (arguments.empty() && ::isatty(input)) introduce(name);
    const TerminalRequest request(name, environment, arguments,
                                  arguments.empty() && is_file_or_pipe(input));
    TerminalCall call(name, request);
    return call.run_program(entry) && !call.failed() ? 0 : 1;
}

}  // namespace cppcgi::program
