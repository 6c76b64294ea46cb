// Everything a handler needs; namespace cgi = cppcgi makes the names those of Python's cgi.
// cppcgi/json.h and cppcgi/testing.h are asked for by name.
#ifndef CPPCGI_H
#define CPPCGI_H

#include <cppcgi/caching.h>
#include <cppcgi/cgitb.h>
#include <cppcgi/cookie.h>
#include <cppcgi/cookie_signer.h>
#include <cppcgi/cookies.h>
#include <cppcgi/environ.h>
#include <cppcgi/error.h>
#include <cppcgi/escape.h>
#include <cppcgi/events.h>
#include <cppcgi/ext_value.h>
#include <cppcgi/field.h>
#include <cppcgi/field_storage.h>
#include <cppcgi/handler.h>
#include <cppcgi/http_date.h>
#include <cppcgi/limits.h>
#include <cppcgi/parse.h>
#include <cppcgi/parse_header.h>
#include <cppcgi/parts.h>
#include <cppcgi/print.h>
#include <cppcgi/request.h>
#include <cppcgi/response.h>

#endif
