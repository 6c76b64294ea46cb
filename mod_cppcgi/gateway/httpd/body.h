// The request body of an httpd request, slice by slice as its input filters hand it out:
// nothing is copied, nothing is read ahead of what is asked for.
#ifndef CPPCGI_GATEWAY_HTTPD_BODY_H
#define CPPCGI_GATEWAY_HTTPD_BODY_H

#include <cppcgi/abi.h>

#include <httpd.h>
#include <apr_buckets.h>
#include <cstdint>

namespace cppcgi::httpd {

class Body {
public:
    explicit Body(request_rec* r) noexcept : r_(r) {}

    // As cppcgi_gateway::read. The slice lives until the next call.
    int read(cppcgi_text* slice);

    // Reads what the handler left and drops it, on HTTP/2, before the end of the response
    // leaves: mod_http2 would reset the stream, response and all, or let it stand until a
    // timeout. On HTTP/1.1 httpd sees to it, and closes slowly where it does not read.
    void drain();

    // Bytes that have been handed out.
    std::uint64_t received() const noexcept { return received_; }

    // True when an input filter has sent an error page itself.
    bool is_answered() const noexcept { return answered_; }

private:
    int fill();
    int fail(apr_status_t error);

    request_rec* r_;
    apr_bucket_brigade* brigade_ = nullptr;
    apr_bucket* shown_ = nullptr;
    int end_ =
        CPPCGI_READ_DATA;  // what every further read returns, once it is not DATA
    bool answered_ = false;
    std::uint64_t received_ = 0;
};

}  // namespace cppcgi::httpd

#endif
