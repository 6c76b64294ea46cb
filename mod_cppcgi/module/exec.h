// The fallback: classic CGI scripts where no handler is registered. Checks that this file
// may run, starts it, pumps, and says how it ended.
#ifndef CPPCGI_MODULE_EXEC_H
#define CPPCGI_MODULE_EXEC_H

#include "module/config.h"
#include "module/script_settings.h"

#include <httpd.h>

namespace cppcgi::module {

bool is_cgi_module_loaded() noexcept;  // mod_cgi or mod_cgid

// Whether `cgi-script` is ours here: where CppCGIFallback is written, else only when neither
// mod_cgi nor mod_cgid is loaded.
bool is_ours_to_run(const DirectoryConfig& config) noexcept;

ScriptSettings script_settings_of(const request_rec* r, const DirectoryConfig& config);

// Runs the script of this request. Never declines: the default handler would send its
// source.
int exec_script(request_rec* r, const DirectoryConfig& config);

}  // namespace cppcgi::module

#endif
