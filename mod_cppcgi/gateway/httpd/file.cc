#include "gateway/httpd/file.h"

#include <apr_portable.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cppcgi::httpd {

namespace {

const core_dir_config* core_config(const request_rec* r) {
    return static_cast<const core_dir_config*>(
        ap_get_core_module_config(r->per_dir_config));
}

cppcgi_text text_of(const char* text) {
    return text ? cppcgi_text{text, std::strlen(text)} : cppcgi_text{};
}

// httpd's modules know no other file than the request's, so it is that file for a moment.
class RequestOfFile {
public:
    RequestOfFile(request_rec* r, const cppcgi_file& file)
        : r_(r),
          filename_(r->filename),
          finfo_(r->finfo),
          path_info_(r->path_info),
          handler_(r->handler),
          type_(r->content_type),
          encoding_(r->content_encoding),
          languages_(r->content_languages) {
        r->filename = apr_pstrmemdup(r->pool, file.name.data, file.name.size);
        r->path_info = nullptr;
        r->handler = r->content_type = r->content_encoding = nullptr;
        r->content_languages = nullptr;
        r->finfo = {};
        r->finfo.pool = r->pool;
        r->finfo.valid = APR_FINFO_TYPE | APR_FINFO_SIZE | APR_FINFO_MTIME;
        r->finfo.filetype = APR_REG;
        r->finfo.size = static_cast<apr_off_t>(file.length);
        r->finfo.mtime = file.modified;
        if (core_config(r)->etag_bits & ETAG_INODE) read_inode(file.fd);
    }
    ~RequestOfFile() {
        r_->filename = filename_;
        r_->finfo = finfo_;
        r_->path_info = path_info_;
        r_->handler = handler_;
        r_->content_type = type_;
        r_->content_encoding = encoding_;
        r_->content_languages = languages_;
    }
    RequestOfFile(const RequestOfFile&) = delete;
    RequestOfFile& operator=(const RequestOfFile&) = delete;

private:
    void read_inode(int descriptor) {
        struct stat status {};
        if (::fstat(descriptor, &status) == 0) r_->finfo.inode = status.st_ino;
    }

    request_rec* r_;
    char* filename_;
    apr_finfo_t finfo_;
    char* path_info_;
    const char* handler_;
    const char* type_;
    const char* encoding_;
    apr_array_header_t* languages_;
};

const char* type_of(request_rec* r) {
    const char* forced = core_config(r)->mime_type;  // ForceType
    if (forced && std::strcmp(forced, "none") != 0) return forced;
    return r->content_type;
}

// By descriptor, for FileETag Digest.
const char* etag_of(request_rec* r, int descriptor) {
    apr_file_t* file = nullptr;
    apr_os_file_t number = descriptor;
    if (apr_os_file_put(&file, &number, APR_FOPEN_READ, r->pool) != APR_SUCCESS)
        return nullptr;
    etag_rec facts = {};
    facts.request_time = r->request_time;
    facts.finfo = &r->finfo;
    facts.fd = file;
    return ap_make_etag_ex(r, &facts);
}

}  // namespace

void describe_file(request_rec* r, cppcgi_file& file) {
    const RequestOfFile now(r, file);
    if (file.name.size != 0) ap_run_type_checker(r);
    file.type = text_of(type_of(r));
    file.encoding = text_of(r->content_encoding);
    if (r->content_languages)
        file.language = text_of(apr_array_pstrcat(r->pool, r->content_languages, ','));
    file.etag = text_of(etag_of(r, file.fd));
    file.meets_conditions = 1;
}

apr_file_t* open_again(request_rec* r, int descriptor) {
    apr_file_t* file = nullptr;
    const char* path = apr_psprintf(r->pool, "/proc/self/fd/%d", descriptor);
    const apr_int32_t flags = APR_FOPEN_READ | APR_FOPEN_BINARY |
                              AP_SENDFILE_ENABLED(core_config(r)->enable_sendfile);
    if (apr_file_open(&file, path, flags, 0, r->pool) == APR_SUCCESS) return file;
    // No /proc, or a file that this user could not open himself.
    apr_os_file_t copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) return nullptr;
    if (apr_os_file_put(&file, &copy, flags, r->pool) != APR_SUCCESS) {
        ::close(copy);
        return nullptr;
    }
    apr_pool_cleanup_register(
        r->pool, reinterpret_cast<void*>(static_cast<std::intptr_t>(copy)),
        [](void* number) noexcept -> apr_status_t {
            ::close(static_cast<int>(reinterpret_cast<std::intptr_t>(number)));
            return APR_SUCCESS;
        },
        apr_pool_cleanup_null);
    return file;
}

}  // namespace cppcgi::httpd
