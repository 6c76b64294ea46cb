#include "gateway/httpd/environ.h"

#include <apr_strings.h>
#include <apr_tables.h>
#include <array>
#include <cstring>
#include <http_config.h>
#include <http_core.h>
#include <http_ssl.h>
#include <util_script.h>

namespace cppcgi::httpd {

namespace {

void complete_environment(request_rec* r, bool& complete) {
    if (complete) return;
    complete = true;
    ap_add_common_vars(r);
    ap_add_cgi_vars(r);
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

// Null when the name is none of these.
const QuickVariable* find_quick(std::string_view name) noexcept {
    for (const auto& variable : quick_variables)
        if (variable.name == name) return &variable;
    return nullptr;
}

// mod_ssl exports its variables only under SSLOptions +StdEnvVars; asked for one by one
// they cost nothing to those who do not ask.
const char* find_ssl_variable(request_rec* r, const char* name) {
    if (!ap_ssl_conn_is_ssl(r->connection) || std::strncmp(name, "SSL_", 4) != 0)
        return nullptr;
    const char* value = ap_ssl_var_lookup(r->pool, r->server, r->connection, r, name);
    return value && *value ? value : nullptr;
}

}  // namespace

bool is_without_body(const request_rec* r) noexcept {
    if (r->main) return true;
    return r->prev && r->method_number == M_GET &&
           apr_table_get(r->subprocess_env, "REDIRECT_REQUEST_METHOD");
}

const char* find_variable(request_rec* r, std::string_view name, bool& complete) {
    const char* key = apr_pstrmemdup(r->pool, name.data(), name.size());
    if (!complete) {
        const bool hidden = name.starts_with("CONTENT_") && is_without_body(r);
        const QuickVariable* quick = find_quick(name);
        const char* value = quick && !hidden ? quick->find(r) : nullptr;
        if (value) return value;
        // Computing the rest would not set it: only SetEnv and its like can have.
        if (quick) return hidden ? nullptr : apr_table_get(r->subprocess_env, key);
    }
    complete_environment(r, complete);
    if (const char* value = apr_table_get(r->subprocess_env, key)) return value;
    return find_ssl_variable(r, key);
}

char** all_variables(request_rec* r, bool& complete) {
    complete_environment(r, complete);
    return ap_create_environment(r->pool, r->subprocess_env);
}

}  // namespace cppcgi::httpd
