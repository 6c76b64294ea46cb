#include "module/script_response.h"

#include "gateway/httpd/log.h"

#include <ap_mmn.h>
#include <apr_date.h>
#include <apr_strings.h>
#include <cstdlib>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <string_view>
#include <strings.h>
#include <util_script.h>

namespace cppcgi::module {

namespace {

void set_content_type(request_rec* r, char* type) {
    ap_content_type_tolower(type);
#if AP_MODULE_MAGIC_AT_LEAST(20120211, 132)
    // Not to be trusted: a script's type must never choose a handler.
    ap_set_content_type_ex(r, type, 0);
#else
    ap_set_content_type(r, type);
#endif
}

void set_last_modified(request_rec* r, const char* value) {
    const apr_time_t when = apr_date_parse_http(value);
    if (when == APR_DATE_BAD) {
        ap_log_rerror(
            APLOG_MARK, APLOG_INFO, 0, r,
            "CPPCGI0407: %s sent a Last-Modified that is no date, which is left "
            "out: %s",
            r->filename, value);
        return;
    }
    ap_update_mtime(r, when);
    ap_set_last_modified(r);
}

// The framing of a response is httpd's; a script's own Content-Length may be wrong, and a
// wrong one puts the connection out of step (CVE-2024-24795).
bool trusts_length(request_rec* r) {
    return apr_table_get(r->subprocess_env, AP_TRUST_CGILIKE_CL_ENVVAR) != nullptr;
}

bool is_known_status(int status) noexcept {
    return std::atoi(ap_get_status_line(status)) == status;
}

void take_field(request_rec* r, const ScriptHead::Field& field) {
    char* name = apr_pstrmemdup(r->pool, field.name.data(), field.name.size());
    char* value = apr_pstrmemdup(r->pool, field.value.data(), field.value.size());
    const auto is = [&](const char* other) { return strcasecmp(name, other) == 0; };
    if (is("Content-Type")) {
        set_content_type(r, value);
    } else if (is("Location") || is("Content-Range") || is("ETag")) {
        // Where ap_meets_conditions() and the filters look for them.
        apr_table_setn(r->headers_out, name, value);
    } else if (is("Content-Length")) {
        apr_off_t length;
        if (trusts_length(r) && ap_parse_strict_length(&length, value)) {
            apr_table_setn(r->headers_out, name, value);
        }
    } else if (is("Transfer-Encoding")) {
        return;
    } else if (is("Last-Modified")) {
        set_last_modified(r, value);
    } else if (is("Set-Cookie")) {
        // Browsers do not take merged cookies apart.
        apr_table_addn(r->err_headers_out, name, value);
    } else {
        apr_table_mergen(r->err_headers_out, name, value);
    }
}

}  // namespace

ScriptResponse apply_head(request_rec* r, const ScriptHead& head) {
    for (std::size_t i = 0; i < head.size(); ++i) take_field(r, head[i]);
    if (head.status() != 0) {
        r->status = head.status();
        const std::string_view reason = head.reason();
        // Without a reason httpd has one for each status it knows, and makes 500 of others.
        r->status_line =
            reason.empty() && is_known_status(r->status)
                ? nullptr
                : apr_psprintf(r->pool, "%d %.*s", head.status(),
                               static_cast<int>(reason.size()), reason.data());
    } else if (r->method_number == M_GET) {
        const int condition = ap_meets_conditions(r);
        if (condition != OK) {
            return {ScriptResponse::Kind::status, condition, nullptr};
        }
    }
    const char* location = apr_table_get(r->headers_out, "Location");
    if (!location || r->status != HTTP_OK) return {};
    if (location[0] == '/') {
        return {ScriptResponse::Kind::local_redirect, OK,
                apr_pstrdup(r->pool, location)};
    }
    return {ScriptResponse::Kind::status, HTTP_MOVED_TEMPORARILY, nullptr};
}

int answer_with(request_rec* r, const char* location) {
    // The page is fetched with GET whatever this request was, and has no body: the script
    // has had it.
    r->method = "GET";
    r->method_number = M_GET;
    apr_table_unset(r->headers_in, "Content-Length");
    apr_table_unset(r->headers_in, "Transfer-Encoding");
    // Not ap_internal_redirect_handler(): that would carry this script's content type over
    // to the new request, where it may choose a handler (CVE-2024-38476).
    ap_internal_redirect(location, r);
    return OK;
}

}  // namespace cppcgi::module
