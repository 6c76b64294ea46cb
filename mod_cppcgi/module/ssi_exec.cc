#include "module/ssi_exec.h"

#include "gateway/httpd/guard.h"
#include "module/cgi_names.h"
#include "module/config.h"
#include "module/content.h"
#include "module/exec.h"
#include "module/pump.h"
#include "module/script_start.h"

#include <ap_mmn.h>
#include <apr_strings.h>
#include <cstring>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_include.h>
#include <util_script.h>

namespace cppcgi::module {

namespace {

struct IncludeFunctions {
    APR_OPTIONAL_FN_TYPE(ap_register_include_handler) * add;
    APR_OPTIONAL_FN_TYPE(ap_ssi_get_tag_and_value) * next_argument;
    APR_OPTIONAL_FN_TYPE(ap_ssi_parse_string) * expand;
};

IncludeFunctions include_functions() {
    return {APR_RETRIEVE_OPTIONAL_FN(ap_register_include_handler),
            APR_RETRIEVE_OPTIONAL_FN(ap_ssi_get_tag_and_value),
            APR_RETRIEVE_OPTIONAL_FN(ap_ssi_parse_string)};
}

// What a redirecting script leaves in the page: a link to where it points.
void add_link(request_rec* answered, ap_filter_t* filter, apr_bucket_brigade* brigade) {
    const char* location = apr_table_get(answered->headers_out, "Location");
    if (!location) return;
    location = ap_escape_html(filter->r->pool, location);
    apr_brigade_putstrs(brigade, nullptr, nullptr, "<a href=\"", location, "\">",
                        location, "</a>", nullptr);
}

bool may_be_included(const request_rec* sub) noexcept {
    // No path info and no query of its own: it gets the page's.
    return sub->status == HTTP_OK && !(sub->path_info && *sub->path_info) &&
           !sub->args && sub->finfo.filetype == APR_REG;
}

bool include_script(ap_filter_t* filter, apr_bucket_brigade* brigade, const char* uri) {
    request_rec* sub = ap_sub_req_lookup_uri(uri, filter->r, filter->next);
    const bool included = may_be_included(sub);
    if (included) {
        sub->path_info = filter->r->path_info;
        sub->args = filter->r->args;
        // Run as a script whatever its name says.
        sub->handler = script_handler_name;
        const int status = ap_run_sub_req(sub);
        if (ap_is_HTTP_REDIRECT(status)) add_link(sub, filter, brigade);
    }
    ap_destroy_sub_req(sub);
    return included;
}

// A command's output goes into the page as it comes.
class PageSink : public OutputSink {
public:
    explicit PageSink(ScriptOutput& output) : output_(output) {}
    bool take(std::string_view bytes) override {
        output_.add(bytes);
        return true;
    }

private:
    ScriptOutput& output_;
};

void set_page_variables(request_rec* r) {
    apr_table_t* environment = r->subprocess_env;
    if (r->path_info && *r->path_info) {
        apr_table_setn(environment, "PATH_INFO", r->path_info);
    }
    if (!r->args) return;
    apr_table_setn(environment, "QUERY_STRING", r->args);
    char* query = apr_pstrdup(r->pool, r->args);
    ap_unescape_url(query);
    apr_table_setn(environment, "QUERY_STRING_UNESCAPED",
                   ap_escape_shell_cmd(r->pool, query));
}

// The command is what the page says and nothing else: a query never gets into it
// (CVE-2025-58098).
bool include_command(ap_filter_t* filter, const char* text) {
    request_rec* r = filter->r;
    set_page_variables(r);
    char* arguments[] = {apr_pstrdup(r->pool, "/bin/sh"), apr_pstrdup(r->pool, "-c"),
                         apr_pstrdup(r->pool, text), nullptr};
    ScriptCommand command{};
    command.path = "/bin/sh";
    command.directory = ap_make_dirstr_parent(r->pool, r->filename);
    command.arguments = arguments;
    command.shell_command = arguments[2];
    command.environment = ap_create_environment(r->pool, r->subprocess_env);
    const ScriptSettings settings = script_settings_of(r, config_of(r));
    Caretaker& caretaker = caretaker_of(r->server);
    ScriptProcess process;
    if (start_script(r, command, caretaker, process) != OK) return false;
    ScriptBody nothing(r, settings, 0);
    ScriptErrors errors(r, 0);
    ScriptOutput output(r);
    output.redirect_to(filter->next);
    PageSink sink(output);
    Pump pump(r, process, nothing, output, errors, sink, settings);
    const Pump::End end = pump.run();
    if (output.has_news()) output.pass(false);
    if (end == Pump::End::output_ended) {
        caretaker.let_finish(std::move(process), std::move(errors), settings.timeout);
        return true;
    }
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, pump.error(), r,
        "CPPCGI0461: the command of an exec element in %s did not end its output "
        "(CppCGITimeout, or the client left) and is ended: %s",
        r->filename, text);
    caretaker.end(std::move(process), std::move(errors));
    return true;
}

bool run_argument(include_ctx_t* ctx, ap_filter_t* filter, apr_bucket_brigade* brigade,
                  const char* name, const char* value) {
    const IncludeFunctions ssi = include_functions();
    const char* expanded = nullptr;
    const bool is_command = std::strcmp(name, "cmd") == 0;
    if (is_command || std::strcmp(name, "cgi") == 0) {
        expanded =
            ssi.expand(ctx, value, nullptr, 0,
                       is_command ? SSI_EXPAND_LEAVE_NAME : SSI_EXPAND_DROP_NAME);
        // Output of ours must come behind what the page has so far.
        if (!APR_BRIGADE_EMPTY(brigade)) ap_pass_brigade(filter->next, brigade);
        if (is_command ? include_command(filter, expanded)
                       : include_script(filter, brigade, expanded)) {
            return true;
        }
    }
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, filter->r,
        "CPPCGI0462: exec %s=\"%s\" in %s did not run; cmd takes a command that "
        "the shell can start, cgi the URL of a script without path and query",
        name, expanded ? expanded : value, filter->r->filename);
    return false;
}

apr_status_t handle_exec(include_ctx_t* ctx, ap_filter_t* filter,
                         apr_bucket_brigade* brigade) {
    if (!(ctx->flags & SSI_FLAG_PRINTING)) return APR_SUCCESS;
    bool done = false;
    if (ctx->argc == 0) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, filter->r,
                      "CPPCGI0463: an exec element in %s has neither cmd nor cgi; give "
                      "it one",
                      filter->r->filename);
    } else if (ctx->flags & SSI_FLAG_NO_EXEC) {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, filter->r,
            "CPPCGI0464: %s uses exec, which Options IncludesNOEXEC forbids here; "
            "allow it with Options +Includes, or take it out of the page",
            filter->r->filename);
    } else {
        const IncludeFunctions ssi = include_functions();
        do {
            char* name = nullptr;
            char* value = nullptr;
            ssi.next_argument(ctx, &name, &value, SSI_VALUE_DECODED);
            if (!name || !value) return APR_SUCCESS;
            done = run_argument(ctx, filter, brigade, name, value);
        } while (done);
    }
    SSI_CREATE_ERROR_BUCKET(ctx, filter, brigade);
    return APR_SUCCESS;
}

apr_status_t guarded_exec(include_ctx_t* ctx, ap_filter_t* filter,
                          apr_bucket_brigade* brigade) noexcept {
    return httpd::guard(filter->r, APR_EGENERAL,
                        [&] { return handle_exec(ctx, filter, brigade); });
}

}  // namespace

void register_ssi_exec() {
    const IncludeFunctions ssi = include_functions();
    if (!ssi.add || !ssi.next_argument || !ssi.expand || is_cgi_module_loaded()) return;
    static char name[] = "exec";
    ssi.add(name, guarded_exec);
}

}  // namespace cppcgi::module
