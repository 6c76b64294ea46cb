#include "module/status.h"

#include "gateway/httpd/guard.h"
#include "module/explanation.h"
#include "module/status_view.h"

#include <algorithm>
#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <cstring>
#include <http_config.h>
#include <http_protocol.h>
#include <mod_status.h>
#include <string>
#include <string_view>

namespace cppcgi::module {

namespace {

int send(request_rec* r, const char* type, const std::string& text) {
    ap_set_content_type(r, type);
    ap_set_content_length(r, static_cast<apr_off_t>(text.size()));
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    if (!r->header_only) ap_rwrite(text.data(), static_cast<int>(text.size()), r);
    return OK;
}

int send_json(request_rec* r, const std::string& text) {
    return text.empty() ? HTTP_NOT_IMPLEMENTED : send(r, "application/json", text);
}

int add_section(request_rec* r, int flags) noexcept {
    return httpd::guard(r, [&] {
        const std::string text =
            status_section(read_status(r), (flags & AP_STATUS_SHORT) != 0);
        ap_rwrite(text.data(), static_cast<int>(text.size()), r);
        return OK;
    });
}

// ?explain=URL, with &json or &text behind it.
int send_explanation(request_rec* r, std::string_view query) {
    const std::size_t end = std::min(query.find('&'), query.size());
    char* url = apr_pstrmemdup(r->pool, query.data(), end);
    const std::string_view form = query.substr(end);
    if (ap_unescape_urlencoded(url) != OK || *url != '/') return HTTP_BAD_REQUEST;
    const Explanation explanation = explain(r, url);
    if (form == "&json") return send_json(r, explanation_json(explanation));
    if (form == "&text")
        return send(r, "text/plain; charset=utf-8", explanation_text(explanation));
    return send(r, "text/html; charset=utf-8", explanation_html(explanation));
}

}  // namespace

int serve_status(request_rec* r) {
    if (!r->handler || std::strcmp(r->handler, "cppcgi-status") != 0) return DECLINED;
    r->allowed |= AP_METHOD_BIT << M_GET;
    if (r->method_number != M_GET) return HTTP_METHOD_NOT_ALLOWED;
    const std::string_view query = r->args ? r->args : "";
    if (query == "json") return send_json(r, status_json(read_status(r)));
    if (query == "metrics")
        return send(r, "text/plain; version=0.0.4; charset=utf-8",
                    status_metrics(read_status(r)));
    constexpr std::string_view explain_key = "explain=";
    if (query.starts_with(explain_key))
        return send_explanation(r, query.substr(explain_key.size()));
    return send(r, "text/html; charset=utf-8", status_html(read_status(r)));
}

void register_status_section() {
    APR_OPTIONAL_HOOK(ap, status_hook, add_section, nullptr, nullptr, APR_HOOK_MIDDLE);
}

}  // namespace cppcgi::module
