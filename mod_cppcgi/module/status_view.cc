#include "module/status_view.h"

#include "module/generation.h"
#include "module/statistics.h"

#include <ap_mpm.h>
#include <ctime>

namespace cppcgi::module {

namespace {

LibraryView view_of(const Library& library, const host::Counters* counters) {
    LibraryView view;
    view.alias = library.alias;
    view.path = library.path;
    view.state = "current";
    view.modified_at = static_cast<std::uint64_t>(library.key.mtime / 1000000000);
    const Handler* first = library.handlers;
    if (library.fault || (first && first->fault)) {
        view.state = "unavailable";
        view.why = library.fault ? library.fault : first->fault;
    } else if (library.stale) {
        view.state = "last good copy";
        view.why = library.stale;
    }
    if (!counters || !first) return view;
    const host::RowTotals totals = counters->totals(first->row);
    view.loaded_at = totals.loaded_at;
    view.reloads = totals.reloads;
    view.still_mapped = totals.still_mapped;
    return view;
}

}  // namespace

StatusView read_status(const request_rec* r) {
    StatusView view;
    view.now = static_cast<std::uint64_t>(std::time(nullptr));
    ap_mpm_query(AP_MPMQ_GENERATION, &view.generation);
    const Statistics* statistics = statistics_of(r->server);
    const host::Counters* counters = statistics ? statistics->counters : nullptr;
    if (counters) {
        view.since = static_cast<std::uint64_t>(statistics->since / APR_USEC_PER_SEC);
        for (unsigned row = 0; row < counters->rows(); ++row)
            view.rows.push_back(counters->totals(row));
    }
    const Generation& generation = generation_of(r->server->process->pconf);
    for (const Library* library = generation.libraries; library;
         library = library->next)
        view.libraries.push_back(view_of(*library, counters));
    for (auto* pending = generation.pending; pending; pending = pending->next)
        if (const Handler* broken = pending->registration->broken)
            view.broken.emplace_back(broken->label, broken->fault);
    return view;
}

}  // namespace cppcgi::module
