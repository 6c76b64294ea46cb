// SetHandler cppcgi-status: the statistics as a page, as JSON (?json) and for Prometheus
// (?metrics), and what serves a URL (?explain=/url). Who may read it is Require's business.
#ifndef CPPCGI_MODULE_STATUS_H
#define CPPCGI_MODULE_STATUS_H

#include <httpd.h>

namespace cppcgi::module {

int serve_status(request_rec* r);

// Adds a section to mod_status's page, where that module is loaded.
void register_status_section();

}  // namespace cppcgi::module

#endif
