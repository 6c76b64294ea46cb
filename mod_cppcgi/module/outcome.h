// What becomes of a call once its handler has returned: a status, and a line in the log
// when something went wrong.
#ifndef CPPCGI_MODULE_OUTCOME_H
#define CPPCGI_MODULE_OUTCOME_H

#include "gateway/httpd/call.h"
#include "module/registry.h"

namespace cppcgi::module {

// What the content handler returns for a call of the handler's entry that ended so.
int conclude(httpd::Call& call, const cppcgi_outcome& outcome, const Handler& handler,
             cppcgi_entry entry);

// 503 for a handler whose library could not be opened.
int refuse_unavailable(request_rec* r, const Handler& handler);

// 404 for a URL that goes on behind the handler where AcceptPathInfo is off.
int refuse_path_info(request_rec* r, const Handler& handler);

}  // namespace cppcgi::module

#endif
