// The names of mod_cgi and mod_cgid. Configurations ask for them before they say anything
// about scripts (Debian's serve-cgi-bin.conf has <IfModule mod_cgid.c> around its
// ScriptAlias), and a site that changes its LoadModule line only is to keep all of that. So
// records without directives and hooks stand in httpd's list of modules under these names.
#ifndef CPPCGI_MODULE_CGI_NAMES_H
#define CPPCGI_MODULE_CGI_NAMES_H

#include <apr_pools.h>

namespace cppcgi::module {

// Called while the configuration is read, as our hooks are registered; `configuration` is
// the pool that unloads us. A name whose owner is loaded already is left to it.
void take_cgi_names(apr_pool_t* configuration) noexcept;

// mod_cgi or mod_cgid itself, whichever came first.
bool is_cgi_module_loaded() noexcept;

}  // namespace cppcgi::module

#endif
