#include "gateway/httpd/environ.h"

#include "gateway/httpd/log.h"

#include "core/characters.h"

#include <apr_strings.h>
#include <apr_tables.h>
#include <array>
#include <cstdlib>
#include <cstring>
#include <http_config.h>
#include <http_core.h>
#include <http_ssl.h>
#include <span>
#include <util_script.h>

namespace cppcgi::httpd {

namespace {

constexpr const char* split_note = "cppcgi-split";
constexpr const char* body_note = "cppcgi-body";

void correct_included(request_rec* r) {
    if (std::strcmp(r->protocol, "INCLUDED") != 0 || !r->path_info) return;
    if (!apr_table_get(r->notes, split_note)) return;
    const auto size = static_cast<apr_size_t>(ap_find_path_info(r->uri, r->path_info));
    apr_table_setn(r->subprocess_env, "SCRIPT_NAME",
                   apr_pstrmemdup(r->pool, r->uri, size));
}

// What the server computes wins over SetEnv and its like, and the administrator who tried
// should find out (CVE-2025-65082 was the other way round).
void report_overridden(request_rec* r) {
    constexpr std::string_view computed[] = {
        "AUTH_TYPE",      "CONTENT_LENGTH",  "CONTENT_TYPE",   "CONTEXT_DOCUMENT_ROOT",
        "DOCUMENT_ROOT",  "CONTEXT_PREFIX",  "PATH_INFO",      "GATEWAY_INTERFACE",
        "QUERY_STRING",   "PATH_TRANSLATED", "REMOTE_ADDR",    "REMOTE_HOST",
        "REMOTE_PORT",    "REMOTE_USER",     "REQUEST_METHOD", "REQUEST_SCHEME",
        "REQUEST_URI",    "SCRIPT_FILENAME", "SCRIPT_NAME",    "SERVER_ADDR",
        "SERVER_ADMIN",   "SERVER_NAME",     "SERVER_PORT",    "SERVER_PROTOCOL",
        "SERVER_SOFTWARE"};
    // A subrequest begins with the variables of the request around it.
    if (r->main || !APLOGrinfo(r)) return;
    for (const std::string_view name : computed) {
        if (!apr_table_get(r->subprocess_env, name.data())) continue;
        ap_log_rerror(
            APLOG_MARK, APLOG_INFO, 0, r,
            "CPPCGI0212: a directive (SetEnv, SetEnvIf, RewriteRule) sets %s, "
            "which the server computes: its own value holds where it has one; "
            "give the directive's another name",
            name.data());
    }
}

void hide_body(request_rec* r) {
    apr_table_unset(r->subprocess_env, "CONTENT_LENGTH");
    apr_table_unset(r->subprocess_env, "CONTENT_TYPE");
}

void compute(request_rec* r) {
    report_overridden(r);
    ap_add_common_vars(r);
    ap_add_cgi_vars(r);
    correct_included(r);
}

void complete_environment(request_rec* r, bool& complete) {
    if (complete) return;
    complete = true;
    compute(r);
    if (is_without_body(r)) hide_body(r);
}

struct QuickVariable {
    std::string_view name;
    const char* (*find)(request_rec* r);
};

// Cheap ones that nothing can override. PATH_INFO and SCRIPT_NAME are here because a
// handler asks for them to route; the rest is what a form needs.
constexpr std::array quick_variables = {
    QuickVariable{"REQUEST_METHOD",
                  [](request_rec* r) -> const char* { return r->method; }},
    QuickVariable{"QUERY_STRING",
                  [](request_rec* r) -> const char* { return r->args ? r->args : ""; }},
    QuickVariable{
        "CONTENT_TYPE",
        [](request_rec* r) { return apr_table_get(r->headers_in, "Content-Type"); }},
    QuickVariable{
        "CONTENT_LENGTH",
        [](request_rec* r) { return apr_table_get(r->headers_in, "Content-Length"); }},
    QuickVariable{"PATH_INFO",
                  [](request_rec* r) -> const char* {
                      return r->path_info && *r->path_info ? r->path_info : nullptr;
                  }},
    QuickVariable{"REMOTE_ADDR",
                  [](request_rec* r) -> const char* { return r->useragent_ip; }},
    QuickVariable{"REMOTE_USER", [](request_rec* r) -> const char* { return r->user; }},
    QuickVariable{"SERVER_PROTOCOL",
                  [](request_rec* r) -> const char* { return r->protocol; }},
    QuickVariable{
        "HTTP_COOKIE",
        [](request_rec* r) { return apr_table_get(r->headers_in, "Cookie"); }},
    QuickVariable{"HTTP_HOST",
                  [](request_rec* r) { return apr_table_get(r->headers_in, "Host"); }},
    QuickVariable{
        "HTTP_USER_AGENT",
        [](request_rec* r) { return apr_table_get(r->headers_in, "User-Agent"); }},
    QuickVariable{
        "HTTP_ACCEPT",
        [](request_rec* r) { return apr_table_get(r->headers_in, "Accept"); }},
    QuickVariable{
        "HTTP_REFERER",
        [](request_rec* r) { return apr_table_get(r->headers_in, "Referer"); }},
};

// The entries of a table without its blindness to case: names of variables differ by it.
std::span<const apr_table_entry_t> entries_of(const apr_table_t* table) noexcept {
    const apr_array_header_t* elements = apr_table_elts(table);
    return {reinterpret_cast<const apr_table_entry_t*>(elements->elts),
            static_cast<std::size_t>(elements->nelts)};
}

// A character of a name as ap_create_environment() writes it for a script: letters, digits
// and "_", no digit first.
char written_so(std::string_view key, std::size_t i) noexcept {
    const bool stays =
        detail::is_alphanumeric(key[i]) && !(i == 0 && detail::is_digit(key[i]));
    return stays ? key[i] : '_';
}

bool is_written_so(std::string_view name, std::string_view key) noexcept {
    if (name.size() != key.size()) return false;
    for (std::size_t i = 0; i < key.size(); ++i)
        if (name[i] != written_so(key, i)) return false;
    return true;
}

// The name that a script sees.
std::string_view variable_name(apr_pool_t* pool, std::string_view key) {
    if (is_written_so(key, key)) return key;
    char* name = apr_pstrmemdup(pool, key.data(), key.size());
    for (std::size_t i = 0; i < key.size(); ++i) name[i] = written_so(key, i);
    return {name, key.size()};
}

const char* find_exactly(const apr_table_t* table, std::string_view name) {
    for (const apr_table_entry_t& entry : entries_of(table))
        if (entry.key && is_written_so(name, entry.key)) return entry.val;
    return nullptr;
}

// Null when the name is none of these.
const QuickVariable* find_quick(std::string_view name) noexcept {
    for (const auto& variable : quick_variables)
        if (variable.name == name) return &variable;
    return nullptr;
}

// mod_ssl exports its variables only under SSLOptions +StdEnvVars; asked for one by one
// they cost nothing to those who do not ask.
const char* find_ssl_variable(request_rec* r, std::string_view name) {
    if (!name.starts_with("SSL_") || !ap_ssl_conn_is_ssl(r->connection)) return nullptr;
    const char* value =
        ap_ssl_var_lookup(r->pool, r->server, r->connection, r,
                          apr_pstrmemdup(r->pool, name.data(), name.size()));
    return value && *value ? value : nullptr;
}

// ap_create_environment() adds it where the configuration does not set one.
const char* server_time_zone(request_rec* r) {
    return apr_table_get(r->subprocess_env, "TZ") ? nullptr : std::getenv("TZ");
}

}  // namespace

bool is_error_document(const request_rec* r) noexcept {
    for (const request_rec* before = r->prev; before; before = before->prev)
        if (ap_is_HTTP_ERROR(before->status)) return true;
    return false;
}

bool is_without_body(const request_rec* r) noexcept {
    return r->main || is_error_document(r);
}

void note_body_taken(request_rec* r) { apr_table_setn(r->notes, body_note, "1"); }

bool is_body_left(const request_rec* r) noexcept {
    if (r->main) return false;
    for (const request_rec* before = r->prev; before; before = before->prev)
        if (apr_table_get(before->notes, body_note)) return false;
    return true;
}

void note_split(request_rec* r) {
    if (r->main) apr_table_setn(r->notes, split_note, "1");
}

const char* find_variable(request_rec* r, std::string_view name, bool& complete) {
    if (!complete) {
        const bool hidden = name.starts_with("CONTENT_") && is_without_body(r);
        const QuickVariable* quick = find_quick(name);
        const char* value = quick && !hidden ? quick->find(r) : nullptr;
        if (value) return value;
        // Computing the rest would not set it: only SetEnv and its like can have.
        if (quick) return hidden ? nullptr : find_exactly(r->subprocess_env, name);
    }
    complete_environment(r, complete);
    if (const char* value = find_exactly(r->subprocess_env, name)) return value;
    if (name == "TZ") return server_time_zone(r);
    return find_ssl_variable(r, name);
}

int each_variable(request_rec* r, bool& complete, cppcgi_visit visit, void* argument) {
    complete_environment(r, complete);
    if (const char* zone = server_time_zone(r)) {
        if (const int stop = visit(argument, {"TZ", 2}, {zone, std::strlen(zone)}))
            return stop;
    }
    for (const apr_table_entry_t& entry : entries_of(r->subprocess_env)) {
        if (!entry.key) continue;
        const std::string_view name = variable_name(r->pool, entry.key);
        const std::string_view value = entry.val ? entry.val : "";
        if (const int stop = visit(argument, {name.data(), name.size()},
                                   {value.data(), value.size()}))
            return stop;
    }
    return 0;
}

char** script_variables(request_rec* r, bool with_body) {
    compute(r);
    if (!with_body) hide_body(r);
    return ap_create_environment(r->pool, r->subprocess_env);
}

}  // namespace cppcgi::httpd
