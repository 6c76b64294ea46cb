#include "gateway/httpd/reply.h"

#include "gateway/httpd/environ.h"
#include "gateway/httpd/file.h"

#include <ap_mmn.h>
#include <apr_date.h>
#include <apr_hash.h>
#include <apr_portable.h>
#include <apr_strings.h>
#include <cstdint>
#include <cstring>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <string_view>
#include <sys/socket.h>
#include <util_filter.h>

namespace cppcgi::httpd {

namespace {

char* copy_text(apr_pool_t* pool, const cppcgi_text& text) {
    return apr_pstrmemdup(pool, text.data, text.size);
}

void set_content_type(request_rec* r, const char* type) {
#if AP_MODULE_MAGIC_AT_LEAST(20120211, 132)
    // Not to be trusted: a response's type must never choose a handler (CVE-2024-38476).
    ap_set_content_type_ex(r, type, 0);
#else
    ap_set_content_type(r, type);
#endif
}

void take_field(request_rec* r, const cppcgi_pair& field) {
    char* name = copy_text(r->pool, field.name);
    char* value = copy_text(r->pool, field.value);
    if (strcasecmp(name, "Content-Type") == 0) {
        set_content_type(r, value);
    } else if (strcasecmp(name, "Content-Length") == 0) {
        apr_table_setn(r->headers_out, "Content-Length", value);
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        // Framing is the server's: a handler's own would put the connection out of step.
    } else {
        apr_table_addn(r->headers_out, name, value);
    }
}

}  // namespace

void Reply::take_head(const cppcgi_head& head) {
    // An ErrorDocument keeps the status of the error, unless it asks for another: 200 is
    // also what a handler has that asks for none.
    if (head.status != HTTP_OK || !is_error_document(r_)) set_status(r_, head.status);
    if (head.reason.size != 0)
        r_->status_line =
            apr_psprintf(r_->pool, "%d %.*s", head.status,
                         static_cast<int>(head.reason.size), head.reason.data);
    for (std::size_t i = 0; i < head.header_count; ++i) take_field(r_, head.headers[i]);
    if (const char* length = apr_table_get(r_->headers_out, "Content-Length"))
        take_length(length);
    if (head.status == HTTP_OK && r_->method_number == M_GET && !r_->main)
        take_validators();
    if (is_file_) ap_set_accept_ranges(r_);
}

void Reply::take_length(const char* value) {
    if (r_->header_only || AP_STATUS_IS_HEADER_ONLY(r_->status)) return;
    has_length_ = true;
    left_ = static_cast<apr_off_t>(apr_atoi64(value));
    r_->clength = left_;
}

// As httpd does for scripts. Without a validator of its own a page has no conditions to
// meet: If-Unmodified-Since would refuse each.
void Reply::take_validators() {
    const char* modified = apr_table_get(r_->headers_out, "Last-Modified");
    if (!modified && !apr_table_get(r_->headers_out, "ETag")) return;
    const apr_time_t when = modified ? apr_date_parse_http(modified) : APR_DATE_BAD;
    if (when != APR_DATE_BAD) ap_update_mtime(r_, when);
    condition_ = ap_meets_conditions(r_);
}

// How much of a piece may leave. A response in one piece is counted by httpd, whatever
// was declared for it.
std::uint64_t Reply::admit(std::uint64_t size, unsigned flags) {
    const bool ends = (flags & CPPCGI_WRITE_END) != 0;
    if (!brigade_ && ends) has_length_ = false;
    if (!has_length_) left_ = 0;
    is_ended_ = is_ended_ || ends;
    if (!has_length_) return count(size);
    const auto room = static_cast<std::uint64_t>(left_ > 0 ? left_ : 0);
    left_ -= static_cast<apr_off_t>(size);
    return count(size < room ? size : room);
}

std::uint64_t Reply::count(std::uint64_t size) noexcept {
    if (!r_->header_only) sent_ += size;
    return size;
}

apr_bucket_brigade* Reply::brigade() {
    if (!brigade_)
        brigade_ = apr_brigade_create(r_->pool, r_->connection->bucket_alloc);
    return brigade_;
}

bool Reply::write(cppcgi_text data, unsigned flags) {
    if (condition_ != OK) return true;
    data.size = static_cast<std::size_t>(admit(data.size, flags));
    apr_bucket_alloc_t* allocator = r_->connection->bucket_alloc;
    if (data.size != 0) {
        apr_bucket* bucket =
            apr_bucket_heap_create(data.data, data.size, nullptr, allocator);
        APR_BRIGADE_INSERT_TAIL(brigade(), bucket);
    }
    return pass(flags);
}

bool Reply::send_file(int descriptor, std::uint64_t offset, std::uint64_t length,
                      unsigned flags) {
    if (condition_ != OK) return true;
    length = admit(length, flags);
    apr_file_t* file = open_again(r_, descriptor);
    if (!file) return false;
    apr_bucket* bucket =
        apr_brigade_insert_file(brigade(), file, static_cast<apr_off_t>(offset),
                                static_cast<apr_off_t>(length), r_->pool);
    const auto* config = static_cast<const core_dir_config*>(
        ap_get_core_module_config(r_->per_dir_config));
    if (config->enable_mmap == ENABLE_MMAP_OFF) apr_bucket_file_enable_mmap(bucket, 0);
    return pass(flags);
}

bool Reply::answer_condition() {
    if (!is_file_) return false;
    r_->status = condition_;
    ap_set_content_length(r_, file_length_);  // of which a head alone tells
    APR_BRIGADE_INSERT_TAIL(brigade(),
                            apr_bucket_eos_create(r_->connection->bucket_alloc));
    ap_pass_brigade(r_->output_filters, brigade());
    return true;
}

bool Reply::pass(unsigned flags) {
    apr_bucket_alloc_t* allocator = r_->connection->bucket_alloc;
    if ((flags & CPPCGI_WRITE_END) && missing() <= 0) {
        APR_BRIGADE_INSERT_TAIL(brigade(), apr_bucket_eos_create(allocator));
    } else if (flags & CPPCGI_WRITE_FLUSH) {
        APR_BRIGADE_INSERT_TAIL(brigade(), apr_bucket_flush_create(allocator));
    }
    const apr_status_t passed = ap_pass_brigade(r_->output_filters, brigade());
    apr_brigade_cleanup(brigade());
    return passed == APR_SUCCESS && !r_->connection->aborted;
}

void reset_on_close(conn_rec* connection) {
    apr_socket_t* socket = ap_get_conn_socket(connection);
    apr_os_sock_t descriptor = -1;
    if (!socket || apr_os_sock_get(&descriptor, socket) != APR_SUCCESS) return;
    const linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    connection->aborted = 1;
}

void set_status(request_rec* r, int status) noexcept {
    r->status = status;
    const int unknown = ap_index_of_response(HTTP_INTERNAL_SERVER_ERROR);
    if (status != HTTP_INTERNAL_SERVER_ERROR && ap_index_of_response(status) == unknown)
        r->status_line = apr_psprintf(r->pool, "%d Unknown Reason", status);
}

void set_error_header(request_rec* r, const char* name, const char* value) {
    if (strcasecmp(name, "Allow") != 0)
        return apr_table_setn(r->err_headers_out, name, value);
    // Not where ErrorDocument answers with another URL.
    const auto* config = static_cast<const core_dir_config*>(
        ap_get_core_module_config(r->per_dir_config));
    const int index = ap_index_of_response(HTTP_METHOD_NOT_ALLOWED);
    if (config->response_code_exprs &&
        apr_hash_get(config->response_code_exprs, &index, sizeof index))
        apr_table_setn(r->err_headers_out, name, value);
    ap_clear_method_list(r->allowed_methods);
    r->allowed = 0;
    char* rest = apr_pstrdup(r->pool, value);
    while (const char* method = apr_strtok(rest, ", ", &rest)) {
        ap_method_list_add(r->allowed_methods, method);
        const int number = ap_method_number_of(method);
        if (number != M_INVALID) r->allowed |= AP_METHOD_BIT << number;
    }
}

int break_off(request_rec* r) {
    apr_table_setn(r->notes, "cppcgi-incomplete", "1");
    apr_bucket_alloc_t* allocator = r->connection->bucket_alloc;
    apr_bucket_brigade* brigade = apr_brigade_create(r->pool, allocator);
    // What has been written so far still goes out: it is evidence, and the reset of
    // HTTP/1.0 would swallow it.
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_flush_create(allocator));
    ap_pass_brigade(r->output_filters, brigade);
    apr_brigade_cleanup(brigade);
    // The chunk filter leaves out the last chunk after this bucket, mod_http2 resets the
    // stream, and the connection is not kept.
    r->connection->keepalive = AP_CONN_CLOSE;
    APR_BRIGADE_INSERT_TAIL(
        brigade, ap_bucket_error_create(HTTP_BAD_GATEWAY, nullptr, r->pool, allocator));
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(allocator));
    ap_pass_brigade(r->output_filters, brigade);
    if (r->proto_num < HTTP_VERSION(1, 1) && !r->connection->master)
        reset_on_close(r->connection);
    return OK;
}

}  // namespace cppcgi::httpd
