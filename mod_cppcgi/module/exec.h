// The fallback: classic CGI scripts where no handler is registered. Checks that this file
// may run, starts it, pumps, and says how it ended.
#ifndef CPPCGI_MODULE_EXEC_H
#define CPPCGI_MODULE_EXEC_H

#include "module/config.h"

#include <httpd.h>

namespace cppcgi::module {

// Whether `cgi-script` is ours here: where CppCGIFallback is written, else only when neither
// mod_cgi nor mod_cgid is loaded.
bool is_ours_to_run(const DirectoryConfig& config) noexcept;

// Runs the script of this request. Never declines: the default handler would send its
// source.
int exec_script(request_rec* r, const DirectoryConfig& config);

}  // namespace cppcgi::module

#endif
