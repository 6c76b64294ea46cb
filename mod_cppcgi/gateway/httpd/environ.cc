#include "gateway/httpd/environ.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <array>
#include <cstdlib>
#include <cstring>
#include <http_config.h>
#include <http_core.h>
#include <http_ssl.h>
#include <util_script.h>

namespace cppcgi::httpd {

namespace {

constexpr const char* split_note = "cppcgi-split";

void correct_included(request_rec* r) {
    if (std::strcmp(r->protocol, "INCLUDED") != 0 || !r->path_info) return;
    if (!apr_table_get(r->notes, split_note)) return;
    const auto size = static_cast<apr_size_t>(ap_find_path_info(r->uri, r->path_info));
    apr_table_setn(r->subprocess_env, "SCRIPT_NAME",
                   apr_pstrmemdup(r->pool, r->uri, size));
}

void complete_environment(request_rec* r, bool& complete) {
    if (complete) return;
    complete = true;
    ap_add_common_vars(r);
    ap_add_cgi_vars(r);
    correct_included(r);
    if (!is_without_body(r)) return;
    apr_table_unset(r->subprocess_env, "CONTENT_LENGTH");
    apr_table_unset(r->subprocess_env, "CONTENT_TYPE");
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

// A name as ap_create_environment() writes it for a script: letters, digits and "_", no
// digit first.
bool is_written_so(std::string_view name, const char* key) noexcept {
    const std::string_view written(key);
    if (name.size() != written.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = written[i];
        const bool stays = i == 0 ? apr_isalpha(c) : apr_isalnum(c);
        if (name[i] != (stays ? c : '_')) return false;
    }
    return true;
}

// apr_table_get() without its blindness to case: names of variables differ by it.
const char* find_exactly(const apr_table_t* table, std::string_view name) {
    const apr_array_header_t* elements = apr_table_elts(table);
    const auto* entries = reinterpret_cast<const apr_table_entry_t*>(elements->elts);
    for (int i = 0; i < elements->nelts; ++i)
        if (entries[i].key && is_written_so(name, entries[i].key))
            return entries[i].val;
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

}  // namespace

bool is_error_document(const request_rec* r) noexcept {
    for (const request_rec* before = r->prev; before; before = before->prev)
        if (ap_is_HTTP_ERROR(before->status)) return true;
    return false;
}

bool is_without_body(const request_rec* r) noexcept {
    return r->main || is_error_document(r);
}

void note_split(request_rec* r) { apr_table_setn(r->notes, split_note, "1"); }

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
    if (name == "TZ") return std::getenv("TZ");
    return find_ssl_variable(r, name);
}

char** all_variables(request_rec* r, bool& complete) {
    complete_environment(r, complete);
    return ap_create_environment(r->pool, r->subprocess_env);
}

}  // namespace cppcgi::httpd
