// The fallback: classic CGI scripts where no handler is registered. Checks that this file
// may run, starts it, pumps, and says how it ended.
#ifndef CPPCGI_MODULE_EXEC_H
#define CPPCGI_MODULE_EXEC_H

#include "module/config.h"
#include "module/script_settings.h"
#include "module/statistics.h"

#include <httpd.h>

namespace cppcgi::module {

// Whether `cgi-script` is ours here: where CppCGIFallback is written, else only when neither
// mod_cgi nor mod_cgid is loaded.
bool is_ours_to_run(const DirectoryConfig& config) noexcept;

// mod_alias leaves a note where ScriptAlias says that everything is a script.
bool is_script_aliased(const request_rec* r) noexcept;

// Why this file may not run, with the status to answer; OK: it may.
struct ScriptRefusal {
    int status = OK;
    const char* number = "";
    const char* reason = "";
};

ScriptRefusal check_script(request_rec* r, const DirectoryConfig& config);

ScriptSettings script_settings_of(const request_rec* r, const DirectoryConfig& config);

// Runs the script of this request. Never declines: the default handler would send its
// source.
int exec_script(request_rec* r, const DirectoryConfig& config, Traffic& traffic);

}  // namespace cppcgi::module

#endif
