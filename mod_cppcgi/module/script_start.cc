#include "module/script_start.h"

#include "gateway/httpd/environ.h"
#include "gateway/httpd/log.h"
#include "host/script_fault.h"
#include "host/spawn.h"
#include "module/script_privileged.h"
#include "module/signals_held.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <apr_strings.h>
#include <cerrno>
#include <cstring>
#include <http_core.h>
#include <util_script.h>
#include <vector>

namespace cppcgi::module {

namespace {

// A pipe whose near end, ours, does not block.
struct Pipe {
    host::Descriptor near;
    host::Descriptor far;
};

// False with errno when descriptors are gone.
bool open_pipe(Pipe& pipe, bool we_write) noexcept {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    pipe.near = host::Descriptor(ends[we_write ? 1 : 0]);
    pipe.far = host::Descriptor(ends[we_write ? 0 : 1]);
    return ::fcntl(pipe.near.get(), F_SETFL, O_NONBLOCK) == 0;
}

struct Pipes {
    Pipe in;
    Pipe out;
    Pipe err;
};

bool open_pipes(Pipes& pipes, bool with_input) noexcept {
    return (!with_input || open_pipe(pipes.in, true)) && open_pipe(pipes.out, false) &&
           open_pipe(pipes.err, false);
}

int status_of(const host::SpawnResult& result, host::ScriptCause cause) noexcept {
    using host::ScriptCause;
    switch (cause) {
        case ScriptCause::missing:
            return HTTP_NOT_FOUND;
        case ScriptCause::not_searchable:
        case ScriptCause::not_regular:
        case ScriptCause::not_executable:
        case ScriptCause::not_readable:
        case ScriptCause::noexec_mount:
        case ScriptCause::forbidden:
            return HTTP_FORBIDDEN;
        case ScriptCause::busy:
        case ScriptCause::no_resources:
            return HTTP_SERVICE_UNAVAILABLE;
        default:
            break;
    }
    const bool scarce = result.error == EAGAIN || result.error == ENOMEM ||
                        result.error == EMFILE || result.error == ENFILE;
    return scarce ? HTTP_SERVICE_UNAVAILABLE : HTTP_INTERNAL_SERVER_ERROR;
}

std::vector<host::SpawnLimit> limits_of(request_rec* r) {
    const auto* core = static_cast<const core_dir_config*>(
        ap_get_core_module_config(r->per_dir_config));
    std::vector<host::SpawnLimit> limits;
    if (core->limit_cpu) limits.push_back({RLIMIT_CPU, *core->limit_cpu});
    if (core->limit_nproc) limits.push_back({RLIMIT_NPROC, *core->limit_nproc});
    // Address space last: nothing after it may need memory.
    if (core->limit_mem) limits.push_back({RLIMIT_AS, *core->limit_mem});
    return limits;
}

int refuse_start(request_rec* r, const ScriptCommand& command,
                 const host::SpawnResult& result) {
    host::ScriptFault fault;
    if (result.step == host::SpawnStep::exec) {
        fault = host::find_script_fault({.path = command.path,
                                         .user = host::current_identity(),
                                         .error = result.error,
                                         .argv = command.arguments,
                                         .envp = command.environment});
    }
    if (fault) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, result.error, r, "%s: %s",
                      host::message_number(fault.cause), fault.text.c_str());
    } else {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CPPCGI0350: %s could not be started: %s", command.path,
                      host::describe_failure(result).c_str());
    }
    return status_of(result, fault.cause);
}

}  // namespace

char** script_arguments(request_rec* r, bool from_query) {
    const char* slash = std::strrchr(r->filename, '/');
    const char* name = slash ? slash + 1 : r->filename;
    const char* query = r->args;
    std::size_t words = 0;
    if (from_query && query && *query && !std::strchr(query, '=')) {
        words = 1;
        for (const char* c = query; *c; ++c) words += *c == '+';
    }
    // More than this no caller of a script means; the rest is cut off, as httpd does.
    words = std::min<std::size_t>(words, APACHE_ARG_MAX);
    auto** arguments =
        static_cast<char**>(apr_pcalloc(r->pool, sizeof(char*) * (words + 2)));
    arguments[0] = apr_pstrdup(r->pool, name);
    for (std::size_t i = 1; i <= words; ++i) {
        char* word = ap_getword_nulls(r->pool, &query, '+');
        ap_unescape_url(word);
        arguments[i] = ap_escape_shell_cmd(r->pool, word);
    }
    return arguments;
}

char** script_environment(request_rec* r, const char* content_length) {
    if (content_length) {
        // Before the variables are computed: from here on this is the request's length.
        apr_table_setn(r->headers_in, "Content-Length", content_length);
    }
    return httpd::script_variables(r, httpd::is_body_left(r));
}

int start_script(request_rec* r, const ScriptCommand& command, Caretaker& caretaker,
                 ScriptProcess& process) {
    Pipes pipes;
    if (!open_pipes(pipes, command.input_pipe)) {
        const int error = errno;
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, error, r,
            "CPPCGI0351: no pipe could be made for %s; raise the limit on open "
            "files (ulimit -n) of the server",
            command.path);
        return HTTP_SERVICE_UNAVAILABLE;
    }
    const std::vector<host::SpawnLimit> limits = limits_of(r);
    const int input = command.input_pipe ? pipes.in.far.get() : command.input_file;
    host::SpawnRequest request;
    request.path = command.path;
    request.argv = command.arguments;
    request.envp = command.environment;
    request.cwd = command.directory;
    request.fds[0] = input;
    request.fds[1] = pipes.out.far.get();
    request.fds[2] = pipes.err.far.get();
    request.limits = limits;
    host::SpawnResult result;
    {
        // prefork's child is stopped by a signal handler; between the start of a process
        // and its place in the list of running ones none may come.
        const SignalsHeld held;
        const bool privileged = is_privileged(r);
        auto* slot = caretaker.make_room();
        if (slot) request.note_pid = slot->number();
        result = privileged ? spawn_privileged(r, request, command.shell_command)
                            : host::spawn(request);
        if (result.pid > 0) {
            if (slot) slot->holds(result.pid);
            process = ScriptProcess(result.pid, host::Descriptor(result.pidfd), slot,
                                    !privileged);
        } else if (slot) {
            slot->release(*slot->number());
        }
    }
    if (result.pid <= 0) return refuse_start(r, command, result);
    process.in = std::move(pipes.in.near);
    process.out = std::move(pipes.out.near);
    process.err = std::move(pipes.err.near);
    return OK;
}

}  // namespace cppcgi::module
