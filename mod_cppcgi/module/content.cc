#include "module/content.h"

#include "gateway/httpd/call.h"
#include "gateway/httpd/log.h"
#include "module/config.h"
#include "module/crash.h"
#include "module/dropped_headers.h"
#include "module/exec.h"
#include "module/exit_guard.h"
#include "module/library_reload.h"
#include "module/library_version.h"
#include "module/outcome.h"
#include "module/registry.h"
#include "module/slow_call.h"
#include "module/statistics.h"

#include <cstring>
#include <http_config.h>
#include <http_core.h>

namespace cppcgi::module {

namespace {

bool is_called(const request_rec* r, const char* name) noexcept {
    return r->handler && std::strcmp(r->handler, name) == 0;
}

// httpd puts the media type in the handler's place when no handler is set.
bool is_script(const request_rec* r) noexcept {
    return is_called(r, script_handler_name) || is_called(r, script_media_type);
}

// What a call enters, kept open while it runs.
struct Callee {
    cppcgi_entry entry = nullptr;
    std::uint32_t flags = 0;
    LibraryLife* life = nullptr;
    std::shared_ptr<LibraryVersion> version;  // under CppCGIReload auto
};

Callee callee_of(const Handler& handler) {
    if (!handler.library) return {};
    if (!handler.library->reload) {
        LibraryVersion* version = handler.library->version;
        return {handler.entry, handler.flags, version ? version->life() : nullptr, {}};
    }
    auto version = handler.library->reload->current();
    const LibraryVersion::Entry* entry = version->find(handler.name);
    if (!entry) return {};
    return {entry->function, entry->flags, version->life(), std::move(version)};
}

int call_handler(request_rec* r, const DirectoryConfig& config, const Handler& handler,
                 CountedCall& counted) {
    const Callee callee = callee_of(handler);
    if (!callee.entry || (callee.life && !callee.life->start()))
        return refuse_unavailable(r, handler);
    if (r->used_path_info == AP_REQ_REJECT_PATH_INFO && r->path_info && *r->path_info)
        return refuse_path_info(r, handler);
    cppcgi_limits own_limits;
    const httpd::CallSettings settings = {handler.label, &config.limits(own_limits),
                                          config.parameters,
                                          config.settings->arguments.value_or(true),
                                          config.settings->abort.value_or(true)};
    httpd::Call call(r, settings);
    cppcgi_outcome outcome;  // its texts are not cleared: the library ends them
    outcome.size = sizeof outcome;
    outcome.spool_files = 0;
    outcome.frame_count = 0;  // of a libcppcgi that knows of none
    {
        const CallInFlight in_flight;
        const SlowCall slow(r, handler, config.settings->slow.value_or(0));
        const CrashScope scope(r->server, "handler", handler.label, r->the_request,
                               &counted);
        const auto lock = callee.life ? callee.life->lock_for(callee.flags)
                                      : std::unique_lock<std::mutex>();
        callee.entry(&httpd::gateway, &call, &outcome);
    }
    const int result = conclude(call, outcome, handler, callee.entry);
    counted.traffic = {call.body.received(), call.reply.sent(),
                       outcome.spool_files != 0};
    return result;
}

int call_counted(request_rec* r, const DirectoryConfig& config,
                 const Handler& handler) {
    CountedCall counted(r, handler.row, handler.label);
    return counted.conclude(call_handler(r, config, handler, counted));
}

int exec_counted(request_rec* r, const DirectoryConfig& config) {
    const Statistics* statistics = statistics_of(r->server);
    CountedCall counted(r, statistics ? statistics->scripts : 0, "scripts");
    return counted.conclude(exec_script(r, config, counted.traffic));
}

// What the file's extensions say of type and encoding is not true of the handler's page.
void forget_file(request_rec* r) noexcept {
    r->content_type = nullptr;
    r->content_encoding = nullptr;
    r->finfo.filetype = APR_REG;
}

}  // namespace

const Registration* chosen_registration(const request_rec* r) noexcept {
    return static_cast<const Registration*>(
        ap_get_module_config(r->request_config, &cppcgi_module));
}

int choose_handler(request_rec* r) {
    const DirectoryConfig& config = config_of(r);
    if (!config.registrations) return DECLINED;
    // Any other SetHandler, default-handler included, wins over a registration.
    if (r->handler && !is_called(r, handler_name) && !is_called(r, script_handler_name))
        return DECLINED;
    const Registration* registration = find_registration(r, config.registrations);
    if (!registration) return DECLINED;
    r->handler = handler_name;
    // mod_dir then neither redirects for a slash nor looks for an index, and a
    // DirectoryIndex name that does not exist counts as present.
    forget_file(r);
    split_url(r, *registration);
    ap_set_module_config(r->request_config, &cppcgi_module,
                         const_cast<Registration*>(registration));
    return OK;
}

int serve(request_rec* r) {
    const bool script = is_script(r);
    if (!script && !is_called(r, handler_name)) return DECLINED;
    const DirectoryConfig& config = config_of(r);
    // Looked up again where the internal redirect of DirectoryIndex has copied our name
    // and no more; not otherwise, since the URL has been split since.
    const Registration* registration = chosen_registration(r);
    if (!registration) registration = find_registration(r, config.registrations);
    if (!registration && script && !is_ours_to_run(config)) return DECLINED;
    report_dropped_headers(r);
    if (registration) return call_counted(r, config, *registration->handler);
    return exec_counted(r, config);
}

}  // namespace cppcgi::module
