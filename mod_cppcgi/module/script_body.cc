#include "module/script_body.h"

#include "gateway/httpd/environ.h"
#include "gateway/httpd/log.h"

#include <fcntl.h>

#include <apr_strings.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

namespace cppcgi::module {

namespace {

constexpr apr_off_t piece = 64 << 10;

// A file without a name: O_TMPFILE where the file system has it, else unlinked at once.
int open_unnamed(const char* directory) noexcept {
    const int fd = ::open(directory, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    std::string name = std::string(directory) + "/cppcgi-body-XXXXXX";
    const int named = ::mkostemp(name.data(), O_CLOEXEC);
    if (named >= 0) ::unlink(name.c_str());
    return named;
}

bool has_length(request_rec* r) {
    const char* text = apr_table_get(r->headers_in, "Content-Length");
    return text && std::strspn(text, "0") != std::strlen(text);
}

}  // namespace

ScriptBody::ScriptBody(request_rec* r, const ScriptSettings& settings, std::size_t keep)
    : r_(r),
      settings_(settings),
      pending_(apr_brigade_create(r->pool, r->connection->bucket_alloc)),
      keep_(keep) {}

int ScriptBody::prepare() {
    if (httpd::is_without_body(r_)) return OK;
    const bool sized = has_length(r_);
    const bool unsized = apr_table_get(r_->headers_in, "Transfer-Encoding") != nullptr;
    if (!sized && !unsized) return OK;
    complete_ = false;
    if (unsized) return spool();
    const char* announced = apr_table_get(r_->headers_in, "Content-Length");
    if (settings_.max_body != 0 &&
        std::strtoull(announced, nullptr, 10) > settings_.max_body) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r_,
                      "CPPCGI0307: the request body for %s is %s bytes long, more than "
                      "CppCGIMaxBody %" APR_UINT64_T_FMT
                      " allows; raise it where such requests are wanted",
                      r_->filename, announced, settings_.max_body);
        return HTTP_REQUEST_ENTITY_TOO_LARGE;
    }
    if (has_content_filter()) {
        // Such a filter may change the length (mod_deflate inflates) and says so by
        // removing the header when it sees the first bytes.
        const apr_status_t rv = ap_get_brigade(
            r_->input_filters, pending_, AP_MODE_READBYTES, APR_BLOCK_READ, piece);
        if (rv != APR_SUCCESS) return refuse_read(rv);
        const char* now = apr_table_get(r_->headers_in, "Content-Length");
        if (!now || std::strcmp(now, announced) != 0) return spool();
    }
    complete_ = has_pending() && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(pending_));
    streams_ = true;
    return OK;
}

bool ScriptBody::has_content_filter() const noexcept {
    const ap_filter_t* filter = r_->input_filters;
    return filter && filter->frec->ftype < AP_FTYPE_PROTOCOL;
}

int ScriptBody::spool() {
    while (!complete_) {
        if (!has_pending()) {
            const apr_status_t rv = ap_get_brigade(
                r_->input_filters, pending_, AP_MODE_READBYTES, APR_BLOCK_READ, piece);
            if (rv != APR_SUCCESS) return refuse_read(rv);
        }
        if (const int status = spool_brigade(); status != OK) return status;
    }
    length_ = apr_psprintf(r_->pool, "%" APR_UINT64_T_FMT, spooled_);
    if (file_.is_open()) {
        ::lseek(file_.get(), 0, SEEK_SET);
    } else if (!memory_.empty()) {
        streams_ = true;
        APR_BRIGADE_INSERT_TAIL(
            pending_, apr_bucket_immortal_create(memory_.data(), memory_.size(),
                                                 pending_->bucket_alloc));
    }
    return OK;
}

int ScriptBody::spool_brigade() {
    while (has_pending()) {
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
        spooled_ += size;
        if (settings_.max_body != 0 && spooled_ > settings_.max_body) {
            ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r_,
                          "CPPCGI0307: the request body for %s is longer than "
                          "CppCGIMaxBody %" APR_UINT64_T_FMT
                          " allows; raise it where such requests are wanted",
                          r_->filename, settings_.max_body);
            return HTTP_REQUEST_ENTITY_TOO_LARGE;
        }
        if (size != 0) {
            keep({data, size});
            if (!file_.is_open() && memory_.size() + size <= settings_.max_memory) {
                memory_.append(data, size);
            } else if (const int status = spool_to_file({data, size}); status != OK) {
                return status;
            }
        }
        apr_bucket_delete(bucket);
    }
    return OK;
}

int ScriptBody::spool_to_file(std::string_view bytes) {
    const char* directory = settings_.spool_dir;
    if (!*directory) directory = std::getenv("TMPDIR");
    if (!directory || !*directory) directory = "/tmp";
    int error = 0;
    if (!file_.is_open()) {
        file_ = Descriptor(open_unnamed(directory));
        if (!file_.is_open()) error = errno;
    }
    const std::string first = std::move(memory_);
    memory_.clear();
    for (std::string_view rest : {std::string_view(first), bytes}) {
        while (error == 0 && !rest.empty()) {
            const ssize_t size = ::write(file_.get(), rest.data(), rest.size());
            if (size >= 0) {
                rest.remove_prefix(static_cast<std::size_t>(size));
            } else if (errno != EINTR) {
                error = errno;
            }
        }
    }
    if (error == 0) return OK;
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, error, r_,
        "CPPCGI0308: cannot spool the request body for %s in %s (a body without "
        "a length must be read before the script starts); give the folder room, "
        "or name another with CppCGISpoolDir",
        r_->filename, directory);
    return error == ENOSPC || error == EDQUOT ? HTTP_INSUFFICIENT_STORAGE
                                              : HTTP_SERVICE_UNAVAILABLE;
}

int ScriptBody::refuse_read(apr_status_t rv) {
    status_ = ap_map_http_request_error(rv, HTTP_BAD_REQUEST);
    // A filter that answers itself has logged its reason.
    const int level = rv == AP_FILTER_ERROR ? APLOG_INFO : APLOG_ERR;
    ap_log_rerror(
        APLOG_MARK, level, rv, r_,
        "CPPCGI0309: the request body for %s could not be read; the client left, "
        "was too slow (Timeout, RequestReadTimeout), or sent less than it "
        "announced",
        r_->filename);
    return status_;
}

void ScriptBody::keep(std::string_view bytes) {
    if (kept_.size() < keep_) kept_.append(bytes.substr(0, keep_ - kept_.size()));
}

ScriptBody::Step ScriptBody::read() {
    if (complete_) return Step::ended;
    const apr_status_t rv = ap_get_brigade(r_->input_filters, pending_,
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
    if (!has_pending()) return Step::waiting;
    if (APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(pending_))) complete_ = true;
    if (discarding_) apr_brigade_cleanup(pending_);
    return Step::moved;
}

ScriptBody::Step ScriptBody::write_to(int fd) {
    while (has_pending()) {
        apr_bucket* bucket = APR_BRIGADE_FIRST(pending_);
        if (APR_BUCKET_IS_METADATA(bucket)) {
            apr_bucket_delete(bucket);
            continue;
        }
        const char* data;
        apr_size_t size;
        if (apr_bucket_read(bucket, &data, &size, APR_BLOCK_READ) != APR_SUCCESS) {
            return Step::failed;
        }
        const ssize_t written = size == 0 ? 0 : ::write(fd, data, size);
        if (written == -1 && errno == EINTR) continue;
        if (written == -1) return errno == EAGAIN ? Step::waiting : Step::failed;
        keep({data, static_cast<std::size_t>(written)});
        if (static_cast<apr_size_t>(written) < size) {
            apr_bucket_split(bucket, static_cast<apr_size_t>(written));
        }
        apr_bucket_delete(bucket);
    }
    return complete_ ? Step::ended : Step::moved;
}

void ScriptBody::discard() noexcept {
    discarding_ = true;
    apr_brigade_cleanup(pending_);
}

}  // namespace cppcgi::module
