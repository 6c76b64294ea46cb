// The handler libraries of one generation of the configuration and the handlers they
// offer. The server's parent copies and checks libraries, never opens them; each child
// opens them for itself after it has given up its rights. Plain records in the
// configuration's pool; read-only while requests run.
#ifndef CPPCGI_MODULE_REGISTRY_H
#define CPPCGI_MODULE_REGISTRY_H

#include <cppcgi/abi.h>

#include "host/private_copy.h"
#include "module/phase.h"
#include "module/registration.h"

#include <httpd.h>

#include <http_config.h>
#include <string_view>

namespace cppcgi::module {

struct Library;
class LibraryReload;
class LibraryVersion;

struct Handler {
    const Library* library;
    const char* name;
    const char* label;    // "library:name", for messages
    std::uint32_t flags;  // CPPCGI_CARD_...
    // In a child: where to enter; null in the parent, where the library cannot be served,
    // and under CppCGIReload auto.
    cppcgi_entry entry;
    const char* fault;  // then: the sentence that says why
    unsigned row;       // of its counters
    Handler* next;
};

struct Library {
    const char* alias;
    const char* path;
    const char* config_file;  // where it was named
    int config_line;
    int copy;             // descriptor of the private copy, -1 without one
    const char* fault;    // why it cannot be served, or null
    const char* warning;  // of its copy, or null
    const char* stale;    // why it is served from its last good copy, or null
    Handler* handlers;
    host::FileKey key;        // of the state that was copied
    LibraryVersion* version;  // in a child: what is open
    LibraryReload* reload;    // in a child, under CppCGIReload auto; else null
    Library* next;
};

// CppCGILibrary: null, or what is wrong.
const char* add_library(cmd_parms* command, const char* file, const char* alias);

// CppCGIHandler: keeps it to be resolved when the configuration is complete; at request
// time, in .htaccess, resolves it at once. Null, or what is wrong.
const char* add_registration(cmd_parms* command, Registration& registration);

// CppCGIReload.
void set_reload_auto(cmd_parms* command, bool on);

// CppCGILibraryDir.
void set_library_dir(cmd_parms* command, const char* directory);

// CppCGIWritableLibraries.
void allow_writable_libraries(cmd_parms* command, bool allowed);

// Joins each CppCGIHandler with its handler. False, with a line for each that has none, when
// one is missing; those answer 503.
bool resolve_registrations(apr_pool_t* configuration, server_rec* server, Phase phase);

// check_config: copies and checks the libraries, resolves the registrations. OK, or
// HTTP_INTERNAL_SERVER_ERROR to stop the start; on a restart by signal always OK, and what
// fails answers 503.
int check_registry_parent(apr_pool_t* configuration, server_rec* server);

// post_config: check_config has spoken to the terminal, since the error log was not open.
void log_library_warnings(apr_pool_t* configuration, server_rec* server);

// child_init: opens the libraries.
void open_libraries_child(apr_pool_t* child, server_rec* server);

}  // namespace cppcgi::module

#endif
