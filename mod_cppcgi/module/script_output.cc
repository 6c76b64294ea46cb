#include "module/script_output.h"

#include "gateway/httpd/reply.h"

namespace cppcgi::module {

ScriptOutput::ScriptOutput(request_rec* r)
    : r_(r),
      filter_(r->output_filters),
      brigade_(apr_brigade_create(r->pool, r->connection->bucket_alloc)) {}

void ScriptOutput::bypass_filters() {
    ap_filter_t* filter = r_->proto_output_filters;
    while (filter && filter->frec->ftype < AP_FTYPE_CONNECTION) filter = filter->next;
    r_->output_filters = r_->proto_output_filters = filter_ = filter;
    r_->connection->keepalive = AP_CONN_CLOSE;
    raw_ = true;
}

void ScriptOutput::add(std::string_view bytes) {
    if (bytes.empty()) return;
    // Without a flush function it never passes anything on by itself.
    apr_brigade_write(brigade_, nullptr, nullptr, bytes.data(), bytes.size());
    held_ += bytes.size();
    if (!r_->header_only) sent_ += bytes.size();
    has_news_ = true;
}

bool ScriptOutput::send() {
    held_ = 0;
    has_news_ = false;
    started_ = true;
    const apr_status_t rv = ap_pass_brigade(filter_, brigade_);
    apr_brigade_cleanup(brigade_);
    return rv == APR_SUCCESS && !r_->connection->aborted;
}

bool ScriptOutput::pass(bool flush) {
    if (flush) {
        APR_BRIGADE_INSERT_TAIL(brigade_,
                                apr_bucket_flush_create(brigade_->bucket_alloc));
    }
    return send();
}

bool ScriptOutput::finish(bool early) {
    APR_BRIGADE_INSERT_TAIL(brigade_, apr_bucket_eos_create(brigade_->bucket_alloc));
    if (!send()) return false;
    if (!early) return true;
    APR_BRIGADE_INSERT_TAIL(brigade_, apr_bucket_flush_create(brigade_->bucket_alloc));
    return ap_pass_brigade(r_->connection->output_filters, brigade_) == APR_SUCCESS;
}

void ScriptOutput::break_off() {
    if (held_ != 0 && !send()) return;
    // Past its filters nothing but the connection's end can tell.
    if (raw_) return httpd::reset_on_close(r_->connection);
    httpd::break_off(r_);
}

}  // namespace cppcgi::module
