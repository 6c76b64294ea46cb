// The content handler: a C++ handler where one is registered, else a classic script.
#ifndef CPPCGI_MODULE_CONTENT_H
#define CPPCGI_MODULE_CONTENT_H

#include "module/registration.h"

#include <httpd.h>

namespace cppcgi::module {

// What SetHandler and AddHandler call us.
inline constexpr const char* handler_name = "cppcgi";
inline constexpr const char* script_handler_name = "cgi-script";
// The deprecated media type that means the same as cgi-script.
inline constexpr const char* script_media_type = "application/x-httpd-cgi";

// Fixups: gives the request to us where a handler is registered for it, and splits its
// URL.
int choose_handler(request_rec* r);

// What choose_handler() found, or null.
const Registration* chosen_registration(const request_rec* r) noexcept;

// Handler: serves it, or declines.
int serve(request_rec* r);

}  // namespace cppcgi::module

#endif
