// A child's half of the registry: libraries are opened under the server's user.
#include "gateway/httpd/log.h"
#include "gateway/httpd/pool_new.h"
#include "module/code_map.h"
#include "module/exit_guard.h"
#include "module/generation.h"
#include "module/library_reload.h"
#include "module/library_version.h"
#include "module/registry.h"

#include <apr_strings.h>

namespace cppcgi::module {

namespace {

struct Child {
    apr_pool_t* pool;
    server_rec* server;
    Generation& generation;
    LibraryOpener& opener;
};

void open_own_library(Child& child, const Library& library) {
    if (library.copy < 0) return;
    const host::OpenLibrary opened =
        child.opener.loader.open(library.copy, library.path);
    if (opened.fault)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, child.server, "%s: %s",
                     host::message_number(opened.fault.cause),
                     opened.fault.text.c_str());
    else
        name_code_child(opened.handle, library.path, false);
}

std::vector<host::Card> cards_of(const Library& library) {
    std::vector<host::Card> cards;
    for (const Handler* handler = library.handlers; handler; handler = handler->next)
        cards.push_back({handler->name, handler->flags});
    return cards;
}

void refuse(Child& child, Library& library, const host::LibraryFault& fault) {
    const char* text = apr_pstrcat(child.pool, host::message_number(fault.cause), ": ",
                                   fault.text.c_str(), nullptr);
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, child.server, "%s", text);
    for (Handler* handler = library.handlers; handler; handler = handler->next)
        handler->fault = text;
}

// At the child's end the library stops, unless prefork has interrupted a call of it. It
// is not closed: other threads may still be in it.
void stop_at_the_end(Child& child, Library& library) {
    const auto stop = [](void* data) noexcept -> apr_status_t {
        const auto& ending = *static_cast<const Library*>(data);
        LibraryVersion* version =
            ending.reload ? ending.reload->newest() : ending.version;
        if (version->life() && !has_calls_in_flight()) version->life()->stop();
        return APR_SUCCESS;
    };
    apr_pool_cleanup_register(child.pool, &library, stop, apr_pool_cleanup_null);
}

// Neither the version nor what reloads it is ever deleted: they last as long as the
// process.
void open_library(Child& child, Library& library) {
    library.version = new LibraryVersion(child.server, child.opener, library.path,
                                         library.copy, false, cards_of(library));
    if (library.version->fault())
        return refuse(child, library, library.version->fault());
    std::shared_ptr<LibraryVersion> newest;
    LibraryLife* life = library.version->life();
    if (child.generation.reload_auto) {
        library.reload =
            new LibraryReload(child.server, child.opener, library, child.generation);
        // The file may have changed since the parent copied it: other children serve that
        // version already.
        newest = library.reload->current();
        life = newest->life();
    } else {
        for (Handler* handler = library.handlers; handler; handler = handler->next)
            handler->entry = library.version->find(handler->name)->function;
    }
    if (life) life->start();
    stop_at_the_end(child, library);
}

}  // namespace

void open_libraries_child(apr_pool_t* pool, server_rec* server) {
    Generation& generation = generation_of(server->process->pconf);
    if (!generation.libraries) return;
    Child child{pool, server, generation, *new LibraryOpener};
    open_own_library(child, generation.own_library);
    for (Library* library = generation.libraries; library; library = library->next)
        if (library->copy >= 0) open_library(child, *library);
}

}  // namespace cppcgi::module
