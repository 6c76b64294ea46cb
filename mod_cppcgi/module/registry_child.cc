// A child's half of the registry: libraries are opened under the server's user.
#include "gateway/httpd/log.h"
#include "gateway/httpd/pool_new.h"
#include "host/loader.h"
#include "module/generation.h"
#include "module/library_life.h"
#include "module/registry.h"

#include <apr_strings.h>

namespace cppcgi::module {

namespace {

void refuse(apr_pool_t* pool, server_rec* server, Handler& handler,
            const host::LibraryFault& fault) {
    handler.fault = apr_pstrcat(pool, host::message_number(fault.cause), ": ",
                                fault.text.c_str(), nullptr);
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, server, "%s", handler.fault);
}

void open_own_library(server_rec* server, host::Loader& loader,
                      const Library& library) {
    if (library.copy < 0) return;
    const host::OpenLibrary opened = loader.open(library.copy, library.path);
    if (opened.fault)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server, "%s: %s",
                     host::message_number(opened.fault.cause),
                     opened.fault.text.c_str());
}

void open_library(apr_pool_t* pool, server_rec* server, host::Loader& loader,
                  Library& library) {
    const host::OpenLibrary opened = loader.open(library.copy, library.path);
    for (Handler* handler = library.handlers; handler; handler = handler->next) {
        host::Entry entry{opened.fault};
        if (!opened.fault)
            entry = host::find_entry(opened.handle, handler->name, library.path);
        handler->entry = entry.function;
        if (entry.fault) refuse(pool, server, *handler, entry.fault);
    }
    if (!opened.fault) start_library_child(pool, server, library, opened.handle);
}

}  // namespace

void open_libraries_child(apr_pool_t* child, server_rec* server) {
    Generation& generation = generation_of(server->process->pconf);
    if (!generation.libraries) return;
    auto* loader = httpd::pool_new<host::Loader>(child);
    open_own_library(server, *loader, generation.own_library);
    for (Library* library = generation.libraries; library; library = library->next)
        if (library->copy >= 0) open_library(child, server, *loader, *library);
}

}  // namespace cppcgi::module
