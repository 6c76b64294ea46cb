// What a script's head means to the response (RFC 3875 section 6): status, headers,
// redirects, conditions.
#ifndef CPPCGI_MODULE_SCRIPT_RESPONSE_H
#define CPPCGI_MODULE_SCRIPT_RESPONSE_H

#include "core/script_head.h"

#include <httpd.h>

namespace cppcgi::module {

struct ScriptResponse {
    enum class Kind {
        body,            // the head stands in r, the script's body follows
        local_redirect,  // another page of this server answers: `location`
        status,          // httpd answers with `status`; the script's body is dropped
    };
    Kind kind = Kind::body;
    int status = OK;
    const char* location = nullptr;
};

// Puts the head into r. Script headers go to err_headers_out, as `Header always` expects.
ScriptResponse apply_head(request_rec* r, const ScriptHead& head);

// Answers with another page of this server: the handler is chosen anew for it, nothing of
// the script's own request is inherited.
int answer_with(request_rec* r, const char* location);

}  // namespace cppcgi::module

#endif
