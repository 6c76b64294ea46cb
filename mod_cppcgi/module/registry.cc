#include "module/registry.h"

#include "gateway/httpd/log.h"
#include "host/card.h"
#include "module/generation.h"
#include "module/phase.h"

#include <apr_strings.h>
#include <cstring>
#include <http_config.h>
#include <new>
#include <string>
#include <string_view>

namespace cppcgi::module {

namespace {

constexpr const char* generation_key = "mod_cppcgi generation";

template <class Node>
void append(Node** list, Node* node) noexcept {
    while (*list) list = &(*list)->next;
    *list = node;
}

Library* find_library(const Generation& generation, std::string_view alias) noexcept {
    for (Library* library = generation.libraries; library; library = library->next)
        if (alias == library->alias) return library;
    return nullptr;
}

const Handler* find_handler(const Library& library, std::string_view name) noexcept {
    for (const Handler* handler = library.handlers; handler; handler = handler->next)
        if (name == handler->name) return handler;
    return nullptr;
}

std::string list_aliases(const Generation& generation) {
    std::string list;
    for (Library* library = generation.libraries; library; library = library->next)
        list.append(list.empty() ? "" : ", ").append(library->alias);
    return list.empty() ? "none; name one with CppCGILibrary" : list;
}

std::string list_handlers(const Library& library) {
    std::string list;
    for (const Handler* handler = library.handlers; handler; handler = handler->next)
        list.append(list.empty() ? "" : ", ").append(handler->name);
    return list;
}

struct Target {
    std::string_view alias;
    std::string_view handler;  // empty: the default one
};

Target split_target(std::string_view target) noexcept {
    const std::size_t colon = target.find(':');
    if (colon == std::string_view::npos) return {target, {}};
    return {target.substr(0, colon), target.substr(colon + 1)};
}

struct Resolution {
    const Handler* handler = nullptr;
    const char* fault = nullptr;
};

// Without a name: the handler called as the alias, else the only one there is.
const Handler* default_handler(const Library& library) noexcept {
    if (const Handler* handler = find_handler(library, library.alias)) return handler;
    return library.handlers && !library.handlers->next ? library.handlers : nullptr;
}

Resolution resolve(apr_pool_t* pool, const Generation& generation, const char* target) {
    const auto [alias, name] = split_target(target);
    const Library* library = find_library(generation, alias);
    if (!library)
        return {nullptr,
                apr_psprintf(pool,
                             "CPPCGI0020: CppCGIHandler %s: no CppCGILibrary names "
                             "\"%.*s\"; the server's libraries are: %s",
                             target, static_cast<int>(alias.size()), alias.data(),
                             list_aliases(generation).c_str())};
    if (library->fault) return {nullptr, library->fault};
    const Handler* handler =
        name.empty() ? default_handler(*library) : find_handler(*library, name);
    if (handler) return {handler, nullptr};
    if (name.empty())
        return {nullptr,
                apr_psprintf(pool,
                             "CPPCGI0021: CppCGIHandler %s: the library has several "
                             "handlers and none is called \"%s\"; write %s:HANDLER "
                             "with one of: %s",
                             target, library->alias, library->alias,
                             list_handlers(*library).c_str())};
    return {nullptr,
            apr_psprintf(pool,
                         "CPPCGI0022: CppCGIHandler %s: %s has no handler \"%.*s\"; "
                         "it has: %s",
                         target, library->path, static_cast<int>(name.size()),
                         name.data(), list_handlers(*library).c_str())};
}

// Answers 503 in the place of a handler that could not be resolved.
Handler* make_broken_handler(apr_pool_t* pool, const Registration& registration,
                             const char* fault) {
    auto* handler = ::new (apr_palloc(pool, sizeof(Handler))) Handler{};
    handler->name = handler->label = registration.target;
    handler->fault = fault;
    return handler;
}

}  // namespace

Generation& generation_of(apr_pool_t* configuration) {
    void* found = nullptr;
    apr_pool_userdata_get(&found, generation_key, configuration);
    if (!found) {
        found = ::new (apr_palloc(configuration, sizeof(Generation))) Generation{};
        apr_pool_userdata_setn(found, generation_key, apr_pool_cleanup_null,
                               configuration);
    }
    return *static_cast<Generation*>(found);
}

const char* add_library(cmd_parms* command, const char* file, const char* alias) {
    apr_pool_t* pool = command->pool;
    Generation& generation = generation_of(command->server->process->pconf);
    const char* path = ap_server_root_relative(pool, file);
    if (!path)
        return apr_psprintf(
            pool,
            "CPPCGI0010: CppCGILibrary: %s is no path; write an absolute "
            "one, or one below ServerRoot",
            file);
    if (!alias) {
        const std::string_view stem = host::file_stem(path);
        alias = apr_pstrmemdup(pool, stem.data(), stem.size());
    }
    if (!*alias || std::strchr(alias, ':') || strcasecmp(alias, "none") == 0)
        return apr_psprintf(
            pool,
            "CPPCGI0011: CppCGILibrary: \"%s\" cannot be an alias: it is "
            "empty, \"none\", or has a colon; give another one as the second "
            "argument",
            alias);
    if (const Library* other = find_library(generation, alias)) {
        if (std::strcmp(other->path, path) == 0) return nullptr;
        return apr_psprintf(
            pool,
            "CPPCGI0012: CppCGILibrary: the alias \"%s\" is %s already (%s:%d) "
            "and cannot be %s too; give one of them another alias",
            alias, other->path, other->config_file, other->config_line, path);
    }
    auto* library = ::new (apr_palloc(pool, sizeof(Library))) Library{};
    library->alias = alias;
    library->path = path;
    library->config_file = apr_pstrdup(pool, command->directive->filename);
    library->config_line = command->directive->line_num;
    library->copy = -1;
    append(&generation.libraries, library);
    return nullptr;
}

const char* add_registration(cmd_parms* command, Registration& registration) {
    Generation& generation = generation_of(command->server->process->pconf);
    if (!registration.target) return nullptr;
    if (current_phase() == Phase::requests) {
        const Resolution found =
            resolve(command->pool, generation, registration.target);
        registration.handler = found.handler;
        return found.fault;
    }
    auto* pending = static_cast<PendingRegistration*>(
        apr_palloc(command->pool, sizeof(PendingRegistration)));
    *pending = {&registration, nullptr};
    append(&generation.pending, pending);
    return nullptr;
}

void set_reload_auto(cmd_parms* command, bool on) {
    generation_of(command->server->process->pconf).reload_auto = on;
}

void set_library_dir(cmd_parms* command, const char* directory) {
    generation_of(command->server->process->pconf).library_dir = directory;
}

void allow_writable_libraries(cmd_parms* command, bool allowed) {
    generation_of(command->server->process->pconf).writable_libraries = allowed;
}

bool resolve_registrations(apr_pool_t* pool, server_rec* server, Phase phase) {
    bool all_resolved = true;
    Generation& generation = generation_of(pool);
    const int startup = phase == Phase::strict ? APLOG_STARTUP : 0;
    for (auto* pending = generation.pending; pending; pending = pending->next) {
        Registration& registration = *pending->registration;
        const auto [handler, fault] = resolve(pool, generation, registration.target);
        registration.handler = handler;
        if (handler) continue;
        all_resolved = false;
        // The fault of a library has had its line where it was found.
        const Library* library =
            find_library(generation, split_target(registration.target).alias);
        if (!library || fault != library->fault)
            ap_log_error(APLOG_MARK, APLOG_ERR | startup, 0, server, "%s (%s:%d)",
                         fault, registration.config_file, registration.config_line);
        registration.handler = registration.broken =
            make_broken_handler(pool, registration, fault);
    }
    return all_resolved;
}

}  // namespace cppcgi::module
