// One call of a handler, seen from httpd: the request behind the C table that libcppcgi
// gets. Lives on the stack of the content handler.
#ifndef CPPCGI_GATEWAY_HTTPD_CALL_H
#define CPPCGI_GATEWAY_HTTPD_CALL_H

#include <cppcgi/abi.h>

#include "core/kept_report.h"
#include "gateway/httpd/body.h"
#include "gateway/httpd/reply.h"

#include <httpd.h>
#include <apr_tables.h>
#include <memory>

namespace cppcgi::httpd {

// What the configuration says for this call.
struct CallSettings {
    const char* handler;  // "library:name", for the log
    const cppcgi_limits* limits;
    apr_table_t* parameters;  // may be null
    bool arguments;           // CppCGIArguments
    bool abort;               // CppCGIAbort
};

struct Call {
    Call(request_rec* request, const CallSettings& call_settings) noexcept
        : r(request), settings(call_settings), body(request), reply(request) {}

    request_rec* r;
    const CallSettings& settings;
    Body body;
    Reply reply;
    bool environment_complete = false;
    // The local URL that is to answer in the handler's place, or null.
    const char* redirect_to = nullptr;
    // What libcppcgi knows of the exception that ended the call; null without one.
    std::unique_ptr<detail::KeptReport> exception;
};

// The table; `call` is a Call*.
extern const cppcgi_gateway gateway;

}  // namespace cppcgi::httpd

#endif
