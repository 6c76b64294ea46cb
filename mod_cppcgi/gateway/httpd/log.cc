#include "gateway/httpd/log.h"

namespace cppcgi::httpd {

void log_internal_error(request_rec* r, const char* what) noexcept {
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, r,
        "CPPCGI0001: mod_cppcgi failed on %s: %s; when memory is not short, please "
        "report it with this line",
        r ? r->uri : "(no request)", what);
}

}  // namespace cppcgi::httpd
