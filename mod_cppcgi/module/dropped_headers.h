// Says at level info which request headers did not become variables: httpd passes on names
// of letters, digits and "-" only, since "X_Y" and "X-Y" would both be HTTP_X_Y. Once a
// name and server child, and a bounded number of names.
#ifndef CPPCGI_MODULE_DROPPED_HEADERS_H
#define CPPCGI_MODULE_DROPPED_HEADERS_H

#include <httpd.h>

namespace cppcgi::module {

void start_dropped_headers(apr_pool_t* child, server_rec* server);

// For each request that a handler or a script serves.
void report_dropped_headers(request_rec* r);

}  // namespace cppcgi::module

#endif
