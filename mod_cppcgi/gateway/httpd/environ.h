// The CGI environment of a request, for handlers and scripts alike: what httpd's own CGI
// modules compute, and the rule that nothing a client or SetEnv says replaces what the
// server knows.
#ifndef CPPCGI_GATEWAY_HTTPD_ENVIRON_H
#define CPPCGI_GATEWAY_HTTPD_ENVIRON_H

#include <cppcgi/abi.h>

#include <httpd.h>
#include <string_view>

namespace cppcgi::httpd {

// True when the request stands in for one that failed: an ErrorDocument.
bool is_error_document(const request_rec* r) noexcept;

// True when the request has no body of its own to offer: a subrequest, or the GET that an
// ErrorDocument makes of somebody else's POST.
bool is_without_body(const request_rec* r) noexcept;

// For classic scripts: an ErrorDocument of theirs gets the body of the request that failed,
// as under mod_cgi, unless somebody has begun to read it.
void note_body_taken(request_rec* r);
bool is_body_left(const request_rec* r) noexcept;

// Says that r->uri and r->path_info have been split by a section of ours. Kept of an
// included page alone: httpd would take the whole URL as its SCRIPT_NAME.
void note_split(request_rec* r);

// One variable without computing the others where that can be; null when unset. The text
// lives as long as the request. `complete` remembers that all have been computed.
const char* find_variable(request_rec* r, std::string_view name, bool& complete);

// All of them, as a script would see them, without building its environment.
int each_variable(request_rec* r, bool& complete, cppcgi_visit visit, void* argument);

// What a classic script gets: "NAME=VALUE", ended by null.
char** script_variables(request_rec* r, bool with_body);

}  // namespace cppcgi::httpd

#endif
