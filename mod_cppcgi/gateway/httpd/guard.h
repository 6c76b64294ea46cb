// The wall between C++ and the C frames of httpd: no exception crosses it. Every function
// that httpd or APR calls is one call of guard().
#ifndef CPPCGI_GATEWAY_HTTPD_GUARD_H
#define CPPCGI_GATEWAY_HTTPD_GUARD_H

#include "gateway/httpd/log.h"

#include <httpd.h>
#include <exception>

namespace cppcgi::httpd {

// What the body returns, or `on_failure` with a line in the log when it throws: memory is
// gone, or a defect of ours.
template <class Result, class Body>
Result guard(request_rec* r, Result on_failure, Body&& body) noexcept {
    try {
        return body();
    } catch (const std::exception& error) {
        log_internal_error(r, error.what());
    } catch (...) {
        log_internal_error(r, "an unknown exception");
    }
    return on_failure;
}

// For hooks: a failure answers 500.
template <class Body>
int guard(request_rec* r, Body&& body) noexcept {
    return guard(r, HTTP_INTERNAL_SERVER_ERROR, static_cast<Body&&>(body));
}

}  // namespace cppcgi::httpd

#endif
