// Lines of ours in the error log. Each starts with its number, CPPCGI0123:, one a cause,
// and doc/errors.md lists them; the text says what, where, why and what to do. httpd escapes
// control characters, so text of a client or a handler may stand in a line as it is.
#ifndef CPPCGI_GATEWAY_HTTPD_LOG_H
#define CPPCGI_GATEWAY_HTTPD_LOG_H

#include <httpd.h>
#include <http_log.h>

extern "C" {
extern module AP_MODULE_DECLARE_DATA cppcgi_module
    __attribute__((visibility("default")));
}
APLOG_USE_MODULE(cppcgi);

namespace cppcgi::httpd {

void log_internal_error(request_rec* r, const char* what) noexcept;

}  // namespace cppcgi::httpd

#endif
