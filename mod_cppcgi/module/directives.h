// The directives: one setter each, which checks the value and returns a sentence that the
// administrator can act on.
#ifndef CPPCGI_MODULE_DIRECTIVES_H
#define CPPCGI_MODULE_DIRECTIVES_H

#include <httpd.h>

#include <http_config.h>

namespace cppcgi::module {

extern const command_rec directives[];

}  // namespace cppcgi::module

#endif
