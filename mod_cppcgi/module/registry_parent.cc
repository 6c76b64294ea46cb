// The parent's half of the registry: files are copied, read and checked, never opened.
#include "gateway/httpd/log.h"
#include "host/card.h"
#include "host/checker.h"
#include "host/writable.h"
#include "module/generation.h"
#include "module/library_copies.h"
#include "module/own_library.h"
#include "module/registry.h"

#include <apr_strings.h>
#include <mpm_common.h>
#include <string>
#include <unistd.h>
#include <unixd.h>

namespace cppcgi::module {

namespace {

struct Parent {
    apr_pool_t* pool;
    server_rec* server;
    Phase phase;
    LibraryCopies copies;
    const Generation& generation;
};

void report(const Parent& parent, const Library& library,
            const host::LibraryFault& fault, int level) {
    const int startup = parent.phase == Phase::strict ? APLOG_STARTUP : 0;
    ap_log_error(APLOG_MARK, level | startup, 0, parent.server,
                 "%s: %s (CppCGILibrary %s, %s:%d)", host::message_number(fault.cause),
                 fault.text.c_str(), library.alias, library.config_file,
                 library.config_line);
}

void add_handlers(apr_pool_t* pool, Library& library,
                  const std::vector<host::Card>& cards) {
    Handler** end = &library.handlers;
    for (const host::Card& card : cards) {
        auto* handler = ::new (apr_palloc(pool, sizeof(Handler))) Handler{};
        handler->library = &library;
        handler->name = apr_pstrdup(pool, card.name.c_str());
        handler->flags = card.flags;
        handler->label = apr_pstrcat(pool, library.alias, ":", handler->name, nullptr);
        *end = handler;
        end = &handler->next;
    }
}

// The copy of the file as it is now: one made before, or a new one.
LibraryCopy* obtain_copy(Parent& parent, const Library& library,
                         host::LibraryFault& fault) {
    host::FileKey key;
    if (host::read_key(library.path, key) == 0) {
        if (!parent.generation.writable_libraries)
            fault = host::check_writable(library.path, ::geteuid());
        if (fault) return nullptr;
        if (LibraryCopy* known = parent.copies.find(library.path, key)) return known;
    }
    host::CopyOptions options;
    if (parent.generation.library_dir)
        options.library_dir = parent.generation.library_dir;
    host::CopyResult made = host::make_private_copy(library.path, options);
    fault = std::move(made.fault);
    if (fault) return nullptr;
    if (made.warning && parent.phase == Phase::strict)
        report(parent, library, made.warning, APLOG_WARNING);
    return parent.copies.add(library.path, made);
}

// What a server child does before it opens libraries; runs in the checking process.
std::string become_child(const Parent& parent) {
    const int dropped = ap_run_drop_privileges(parent.pool, parent.server);
    // mod_unixd's failure is -1, which a hook takes for DECLINED.
    const bool is_still_root = ::geteuid() == 0 && ap_unixd_config.user_id != 0;
    return dropped == OK && !is_still_root ? "" : "its privileges cannot be dropped";
}

// Reads the cards of a copy and, the first time, has a process open it.
host::LibraryFault check_copy(const Parent& parent, const Library& library,
                              LibraryCopy& copy, std::vector<host::Card>& cards) {
    host::CardResult read = host::read_cards(copy.descriptor, library.path);
    cards = std::move(read.cards);
    if (read.fault || copy.is_checked) return read.fault;
    const Library& own = parent.generation.own_library;
    host::CheckRequest request;
    request.file = library.path;
    request.fd = copy.descriptor;
    request.cards = cards;
    request.runtime = own.copy >= 0 ? own.path : "";
    request.runtime_fd = own.copy;
    request.drop_privileges = [&] { return become_child(parent); };
    host::LibraryFault fault = host::check_library(request);
    copy.is_checked = !fault;
    return fault;
}

// libcppcgi as it is now, else the copy of before: an upgrade may be under way. Handlers
// that bring their own, linked statically, do without.
void admit_own_library(Parent& parent, Library& library) {
    library.alias = "libcppcgi";
    library.config_file = "mod_cppcgi";
    library.copy = -1;
    LibraryCopy* copy = nullptr;
    for (const std::string& path : own_library_paths()) {
        library.path = apr_pstrdup(parent.pool, path.c_str());
        if (::access(library.path, F_OK) != 0) continue;
        host::LibraryFault fault;
        copy = obtain_copy(parent, library, fault);
        if (!fault) break;
        report(parent, library, fault, APLOG_WARNING);
    }
    for (const std::string& path : own_library_paths()) {
        if (copy) break;
        library.path = apr_pstrdup(parent.pool, path.c_str());
        copy = parent.copies.last_good(library.path);
    }
    if (!copy) return;
    copy->is_checked = copy->is_used = true;
    library.copy = copy->descriptor;
    library.warning = copy->warning;
    library.key = copy->key;
}

bool admit(Parent& parent, Library& library) {
    host::LibraryFault fault;
    std::vector<host::Card> cards;
    LibraryCopy* copy = obtain_copy(parent, library, fault);
    if (copy) fault = check_copy(parent, library, *copy, cards);
    if (fault) {
        report(parent, library, fault, APLOG_ERR);
        copy = parent.phase == Phase::restart ? parent.copies.last_good(library.path)
                                              : nullptr;
        library.fault = apr_pstrcat(parent.pool, host::message_number(fault.cause),
                                    ": ", fault.text.c_str(), nullptr);
        if (!copy || check_copy(parent, library, *copy, cards)) return false;
        library.stale = library.fault;
        library.fault = nullptr;
        ap_log_error(
            APLOG_MARK, APLOG_NOTICE, 0, parent.server,
            "CPPCGI0150: library %s is served from its last good copy until %s can be "
            "opened again",
            library.alias, library.path);
    }
    copy->is_used = true;
    library.copy = copy->descriptor;
    library.warning = copy->warning;
    library.key = copy->key;
    add_handlers(parent.pool, library, cards);
    return true;
}

}  // namespace

int check_registry_parent(apr_pool_t* configuration, server_rec* server) {
    const Phase phase = current_phase();
    if (phase == Phase::ignore) return OK;
    Generation& generation = generation_of(configuration);
    Parent parent{configuration, server, phase, LibraryCopies(server->process),
                  generation};
    bool good = true;
    parent.copies.begin_sweep();
    if (generation.libraries) admit_own_library(parent, generation.own_library);
    for (Library* library = generation.libraries; library; library = library->next)
        good = admit(parent, *library) && good;
    good = resolve_registrations(configuration, server, phase) && good;
    parent.copies.sweep();
    return good || phase == Phase::restart ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

void log_library_warnings(apr_pool_t* configuration, server_rec* server) {
    const Generation& generation = generation_of(configuration);
    const auto log = [&](const Library& library) {
        if (library.warning)
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                         "%s (CppCGILibrary %s, %s:%d)", library.warning, library.alias,
                         library.config_file, library.config_line);
    };
    log(generation.own_library);
    for (const Library* library = generation.libraries; library;
         library = library->next)
        log(*library);
}

}  // namespace cppcgi::module
