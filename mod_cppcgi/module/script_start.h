// Starting a classic script: its environment and arguments (RFC 3875 section 4), its pipes
// and limits, by vfork or, under suexec, by httpd's own hook.
#ifndef CPPCGI_MODULE_SCRIPT_START_H
#define CPPCGI_MODULE_SCRIPT_START_H

#include "module/caretaker.h"
#include "module/script_process.h"
#include "module/script_settings.h"

#include <httpd.h>

namespace cppcgi::module {

// What is to run, and how its stdin is fed.
struct ScriptCommand {
    const char* path;
    const char* directory;     // it starts in
    char* const* arguments;    // ends with null; the first is the program's name
    char* const* environment;  // ends with null
    int input_file = -1;       // its stdin, when the whole body is there
    bool input_pipe = false;   // else: fed by the pump, or nothing
    const char* shell_command = nullptr;  // what path, the shell, is to run (SSI)
};

// The script's name, then the words of a query without "=", decoded, with the characters
// that a shell would act on escaped.
char** script_arguments(request_rec* r, bool from_query);

// The environment as mod_cgi gives it; `content_length` replaces the client's where the
// body was decoded, null leaves it.
char** script_environment(request_rec* r, const char* content_length);

// Starts it. OK, or the status to answer; the cause stands in the log.
int start_script(request_rec* r, const ScriptCommand& command, Caretaker& caretaker,
                 ScriptProcess& process);

}  // namespace cppcgi::module

#endif
