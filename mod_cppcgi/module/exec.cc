#include "module/exec.h"

#include "gateway/httpd/log.h"

#include <http_config.h>

namespace cppcgi::module {

bool is_ours_to_run(const DirectoryConfig& config) noexcept {
    return config.fallback.is_set || (!ap_find_linked_module("mod_cgi.c") &&
                                      !ap_find_linked_module("mod_cgid.c"));
}

int exec_script(request_rec* r, const DirectoryConfig& config) {
    if (config.fallback.value_or(Fallback::exec) == Fallback::none) {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            "CPPCGI0300: %s has no handler, and CppCGIFallback none keeps it from "
            "running as a script; register one with CppCGIHandler, or allow scripts "
            "with CppCGIFallback exec",
            r->filename);
        return HTTP_FORBIDDEN;
    }
    return HTTP_NOT_IMPLEMENTED;
}

}  // namespace cppcgi::module
