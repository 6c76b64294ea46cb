#include "gateway/httpd/body.h"

#include "gateway/httpd/environ.h"

#include <http_protocol.h>
#include <util_filter.h>

namespace cppcgi::httpd {

namespace {

// Enough for one pass through the filters to be worth it; buckets are handed out as they
// come, so this is no buffer.
constexpr apr_off_t read_size = 64 * 1024;

// A decoding filter may have nothing to hand out for what it was given (the head of a gzip
// stream). One that never has anything is broken.
constexpr int max_empty_reads = 1000;

// As long as httpd reads on behind a response on HTTP/1.1 (MAX_SECS_TO_LINGER).
constexpr apr_time_t longest_drain = apr_time_from_sec(30);

}  // namespace

int Body::read(cppcgi_text* slice) {
    if (shown_) {
        apr_bucket_delete(shown_);
        shown_ = nullptr;
    }
    while (end_ == CPPCGI_READ_DATA) {
        if (!brigade_ || APR_BRIGADE_EMPTY(brigade_)) {
            if (const int status = fill(); status != CPPCGI_READ_DATA)
                return end_ = status;
            continue;
        }
        apr_bucket* bucket = APR_BRIGADE_FIRST(brigade_);
        if (APR_BUCKET_IS_EOS(bucket)) return end_ = CPPCGI_READ_END;
        const char* data = nullptr;
        apr_size_t size = 0;
        if (!APR_BUCKET_IS_METADATA(bucket)) {
            const apr_status_t got =
                apr_bucket_read(bucket, &data, &size, APR_BLOCK_READ);
            if (got != APR_SUCCESS) return end_ = fail(got);
        }
        if (size == 0) {
            apr_bucket_delete(bucket);
            continue;
        }
        shown_ = bucket;
        *slice = {data, size};
        received_ += size;
        return CPPCGI_READ_DATA;
    }
    return end_;
}

void Body::drain() {
    if (!r_->connection->master) return;
    const apr_time_t until = apr_time_now() + longest_drain;
    cppcgi_text dropped;
    while (read(&dropped) == CPPCGI_READ_DATA && apr_time_now() < until) continue;
}

int Body::fill() {
    if (!brigade_) {
        if (is_without_body(r_)) return CPPCGI_READ_END;
        note_body_taken(r_);
        brigade_ = apr_brigade_create(r_->pool, r_->connection->bucket_alloc);
    }
    for (int i = 0; i < max_empty_reads; ++i) {
        const apr_status_t got = ap_get_brigade(
            r_->input_filters, brigade_, AP_MODE_READBYTES, APR_BLOCK_READ, read_size);
        if (got != APR_SUCCESS) return fail(got);
        if (!APR_BRIGADE_EMPTY(brigade_)) return CPPCGI_READ_DATA;
    }
    return -HTTP_BAD_REQUEST;
}

int Body::fail(apr_status_t error) {
    if (error == AP_FILTER_ERROR) {
        answered_ = true;
        return CPPCGI_READ_ABORTED;
    }
    if (APR_STATUS_IS_ECONNRESET(error) || APR_STATUS_IS_ECONNABORTED(error) ||
        APR_STATUS_IS_EPIPE(error))
        return CPPCGI_READ_ABORTED;
    return -ap_map_http_request_error(error, HTTP_BAD_REQUEST);
}

}  // namespace cppcgi::httpd
