#include "gateway/httpd/log.h"

namespace cppcgi::httpd {

void log_internal_error(request_rec* r, const char* what) noexcept {
    constexpr const char* format =
        "CPPCGI0001: mod_cppcgi failed on %s: %s; when memory is not short, please "
        "report it with this line";
    if (r) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, format, r->uri, what);
    } else {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, nullptr, format,
                     "no request (start or end of a process)", what);
    }
}

}  // namespace cppcgi::httpd
