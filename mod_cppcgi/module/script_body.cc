#include "module/script_body.h"

#include "gateway/httpd/environ.h"
#include "gateway/httpd/log.h"

#include <apr_strings.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <http_protocol.h>
#include <http_request.h>
#include <unistd.h>
#include <util_filter.h>

namespace cppcgi::module {

namespace {

constexpr apr_off_t piece = 64 << 10;
constexpr apr_time_t longest_drain = apr_time_from_sec(30);  // MAX_SECS_TO_LINGER

bool has_length(request_rec* r) {
    const char* text = apr_table_get(r->headers_in, "Content-Length");
    return text && std::strspn(text, "0") != std::strlen(text);
}

bool ends(const apr_bucket_brigade* brigade) {
    return !APR_BRIGADE_EMPTY(brigade) && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(brigade));
}

ssize_t write_some(int fd, std::string_view bytes) noexcept {
    ssize_t written;
    do {
        written = ::write(fd, bytes.data(), bytes.size());
    } while (written == -1 && errno == EINTR);
    return written;
}

}  // namespace

ScriptBody::ScriptBody(request_rec* r, const ScriptSettings& settings, std::size_t keep)
    : r_(r),
      settings_(settings),
      pending_(apr_brigade_create(r->pool, r->connection->bucket_alloc)),
      keep_(keep),
      spool_(settings.spool_dir, settings.max_memory) {}

int ScriptBody::prepare() {
    if (!httpd::is_body_left(r_)) return OK;
    const bool sized = has_length(r_);
    const bool unsized = apr_table_get(r_->headers_in, "Transfer-Encoding") != nullptr;
    if (!sized && !unsized) return OK;
    complete_ = false;
    httpd::note_body_taken(r_);
    if (unsized) return spool_all();
    const char* announced = apr_table_get(r_->headers_in, "Content-Length");
    if (settings_.max_body != 0 &&
        std::strtoull(announced, nullptr, 10) > settings_.max_body) {
        return refuse_length(announced);
    }
    const ContentFilter filter = content_filter();
    // Whatever it does to the body, the script is to know the length it will read.
    if (filter == ContentFilter::unknown) return spool_all();
    if (filter == ContentFilter::inflate) {
        // Removes the header when it sees that it has something to inflate.
        const apr_status_t rv = ap_get_brigade(
            r_->input_filters, pending_, AP_MODE_READBYTES, APR_BLOCK_READ, piece);
        if (rv != APR_SUCCESS) return refuse_read(rv);
        if (!apr_table_get(r_->headers_in, "Content-Length")) return spool_all();
        complete_ = ends(pending_);
    } else {
        send_continue();
    }
    streams_ = true;
    return OK;
}

// httpd asks for the body by itself only when it is read in blocking mode.
void ScriptBody::send_continue() {
    if (!r_->expecting_100) return;
    const int status = r_->status;
    const char* line = r_->status_line;
    r_->status = HTTP_CONTINUE;
    r_->status_line = nullptr;
    ap_send_interim_response(r_, 0);
    r_->status = status;
    r_->status_line = line;
}

ScriptBody::ContentFilter ScriptBody::content_filter() const noexcept {
    auto found = ContentFilter::none;
    for (const ap_filter_t* filter = r_->input_filters;
         filter && filter->frec->ftype < AP_FTYPE_PROTOCOL; filter = filter->next) {
        if (std::strcmp(filter->frec->name, "deflate") != 0) {
            return ContentFilter::unknown;
        }
        found = ContentFilter::inflate;
    }
    return found;
}

int ScriptBody::spool_all() {
    while (!complete_) {
        if (APR_BRIGADE_EMPTY(pending_)) {
            const apr_status_t rv = ap_get_brigade(
                r_->input_filters, pending_, AP_MODE_READBYTES, APR_BLOCK_READ, piece);
            if (rv != APR_SUCCESS) return refuse_read(rv);
        }
        if (const int status = spool_pending(); status != OK) return status;
    }
    length_ = apr_psprintf(r_->pool, "%" APR_UINT64_T_FMT, spool_.size());
    file_ = spool_.release_file();
    streams_ = !file_.is_open() && spool_.size() != 0;
    return OK;
}

int ScriptBody::spool_pending() {
    while (!APR_BRIGADE_EMPTY(pending_)) {
        apr_bucket* bucket = APR_BRIGADE_FIRST(pending_);
        if (APR_BUCKET_IS_EOS(bucket)) {
            complete_ = true;
            apr_brigade_cleanup(pending_);
            return OK;
        }
        const char* data = nullptr;
        apr_size_t size = 0;
        if (!APR_BUCKET_IS_METADATA(bucket)) {
            const apr_status_t rv =
                apr_bucket_read(bucket, &data, &size, APR_BLOCK_READ);
            if (rv != APR_SUCCESS) return refuse_read(rv);
        }
        if (settings_.max_body != 0 && spool_.size() + size > settings_.max_body) {
            return refuse_length("too many");
        }
        if (const int status = spool({data, size}); status != OK) return status;
        apr_bucket_delete(bucket);
    }
    return OK;
}

int ScriptBody::spool(std::string_view bytes) {
    spooled_ += bytes.size();
    const int error = spool_.append(bytes);
    if (error == 0) return OK;
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, error, r_,
        "CPPCGI0308: cannot spool the request body for %s in %s (a body without "
        "a length must be read before the script starts); give the folder room, "
        "or name another with CppCGISpoolDir",
        r_->filename, spool_.directory());
    status_ = error == ENOSPC || error == EDQUOT ? HTTP_INSUFFICIENT_STORAGE
                                                 : HTTP_SERVICE_UNAVAILABLE;
    return status_;
}

int ScriptBody::refuse_length(const char* length) {
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r_,
                  "CPPCGI0307: the request body for %s has %s bytes, and CppCGIMaxBody "
                  "%" APR_UINT64_T_FMT
                  " is set; raise it where such requests are wanted",
                  r_->filename, length, settings_.max_body);
    return HTTP_REQUEST_ENTITY_TOO_LARGE;
}

int ScriptBody::refuse_read(apr_status_t rv) {
    status_ = ap_map_http_request_error(rv, HTTP_BAD_REQUEST);
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, rv == AP_FILTER_ERROR ? 0 : rv, r_,
        "CPPCGI0309: the request body for %s could not be read; the client left, "
        "was too slow (Timeout, RequestReadTimeout), sent less than it announced "
        "or broken chunks, or an input filter refused it",
        r_->filename);
    return status_;
}

void ScriptBody::keep(std::string_view bytes) {
    if (kept_.size() < keep_) kept_.append(bytes.substr(0, keep_ - kept_.size()));
}

ScriptBody::Step ScriptBody::read() {
    if (complete_) return Step::ended;
    if (is_hoarding_ && !incoming_) {
        incoming_ = apr_brigade_create(r_->pool, r_->connection->bucket_alloc);
    }
    apr_bucket_brigade* brigade = is_hoarding_ ? incoming_ : pending_;
    const apr_status_t rv = ap_get_brigade(r_->input_filters, brigade,
                                           AP_MODE_READBYTES, APR_NONBLOCK_READ, piece);
    if (APR_STATUS_IS_EAGAIN(rv)) return Step::waiting;
    if (rv != APR_SUCCESS && discarding_) {
        complete_ = true;  // the script has long answered for itself
        return Step::ended;
    }
    if (rv != APR_SUCCESS) {
        refuse_read(rv);
        return Step::failed;
    }
    if (APR_BRIGADE_EMPTY(brigade)) return Step::waiting;
    complete_ = ends(brigade);
    if (discarding_) {
        apr_brigade_cleanup(brigade);
    } else if (is_hoarding_ && !spool_incoming()) {
        return Step::failed;
    }
    return Step::moved;
}

bool ScriptBody::spool_incoming() {
    while (!APR_BRIGADE_EMPTY(incoming_)) {
        apr_bucket* bucket = APR_BRIGADE_FIRST(incoming_);
        const char* data = nullptr;
        apr_size_t size = 0;
        if (!APR_BUCKET_IS_METADATA(bucket) &&
            (apr_bucket_read(bucket, &data, &size, APR_BLOCK_READ) != APR_SUCCESS ||
             spool({data, size}) != OK)) {
            return false;
        }
        apr_bucket_delete(bucket);
    }
    return true;
}

ScriptBody::Step ScriptBody::write_to(int fd) {
    Step step = write_pending(fd);
    if (step == Step::moved) step = write_spooled(fd);
    return step == Step::moved && complete_ ? Step::ended : step;
}

ScriptBody::Step ScriptBody::write_pending(int fd) {
    while (!APR_BRIGADE_EMPTY(pending_)) {
        apr_bucket* bucket = APR_BRIGADE_FIRST(pending_);
        const char* data = nullptr;
        apr_size_t size = 0;
        if (!APR_BUCKET_IS_METADATA(bucket) &&
            apr_bucket_read(bucket, &data, &size, APR_BLOCK_READ) != APR_SUCCESS) {
            return Step::failed;
        }
        if (size != 0) {
            const ssize_t written = write_some(fd, {data, size});
            if (written == -1) return errno == EAGAIN ? Step::waiting : Step::failed;
            const auto taken = static_cast<apr_size_t>(written);
            keep({data, taken});
            written_ += taken;
            if (taken < size) apr_bucket_split(bucket, taken);
        }
        apr_bucket_delete(bucket);
    }
    return Step::moved;
}

ScriptBody::Step ScriptBody::write_spooled(int fd) {
    while (!spool_.is_empty()) {
        const std::string_view bytes = spool_.front();
        if (bytes.empty()) return Step::failed;
        const ssize_t written = write_some(fd, bytes);
        if (written == -1) return errno == EAGAIN ? Step::waiting : Step::failed;
        keep(bytes.substr(0, static_cast<std::size_t>(written)));
        spool_.pop(static_cast<std::size_t>(written));
    }
    return Step::moved;
}

void ScriptBody::discard() noexcept {
    discarding_ = true;
    is_hoarding_ = false;
    apr_brigade_cleanup(pending_);
    spool_.drop();
}

void ScriptBody::drain() {
    if (complete_ || !r_->connection->master || r_->connection->aborted) return;
    discard();
    const apr_time_t until = apr_time_now() + longest_drain;
    while (!complete_ && apr_time_now() < until) {
        const apr_status_t rv = ap_get_brigade(
            r_->input_filters, pending_, AP_MODE_READBYTES, APR_BLOCK_READ, piece);
        complete_ = rv != APR_SUCCESS || APR_BRIGADE_EMPTY(pending_) || ends(pending_);
        apr_brigade_cleanup(pending_);
    }
}

void ScriptBody::log_silence() const {
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, r_,
        "CPPCGI0309: the client sent nothing more of its request body for %s for "
        "as long as Timeout allows",
        r_->filename);
}

}  // namespace cppcgi::module
