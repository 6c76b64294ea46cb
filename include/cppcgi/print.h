// The debugging pages of Python's cgi module, under its names: each writes a piece of HTML
// about the request, everything escaped. They show what the client and the server know of
// each other: not for a page that the public can reach.
#ifndef CPPCGI_PRINT_H
#define CPPCGI_PRINT_H

#include <cppcgi/api.h>
#include <cppcgi/environ.h>
#include <cppcgi/field_storage.h>
#include <cppcgi/request.h>
#include <cppcgi/response.h>

#include <exception>

namespace cppcgi {

// A whole page: directory, arguments, form and environment of the request, what an
// exception looks like, and the same form once more with a bound of 50 bytes. A form that
// cannot be read shows as the exception it threw.
CPPCGI_API void test(Request& request, Response& response);

// All variables, sorted by name.
CPPCGI_API void print_environ(Response& response, const Environ& environ);

// Fields sorted by name, each with its kind and value; of a file its name, type and size.
CPPCGI_API void print_form(Response& response, const FieldStorage& form);

// The current directory: of a handler in the server, the server's own.
CPPCGI_API void print_directory(Response& response);

// What Request::arguments() has.
CPPCGI_API void print_arguments(Response& response, const Request& request);

// A list of the variables that a CGI environment may hold.
CPPCGI_API void print_environ_usage(Response& response);

// Type and text of an exception; without an argument the one being handled, so that it
// may stand in a catch (...). Python shows a traceback here: see CppCGIErrorReport.
CPPCGI_API void print_exception(
    Response& response, const std::exception_ptr& exception = std::current_exception());

}  // namespace cppcgi

#endif
