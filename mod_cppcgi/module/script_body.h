// The request body on its way to a script: read through httpd's input filters, streamed
// to the script's stdin, or spooled first when its length is not known beforehand and RFC
// 3875 section 4.1.2 demands CONTENT_LENGTH. Owned by one request, used by its thread.
#ifndef CPPCGI_MODULE_SCRIPT_BODY_H
#define CPPCGI_MODULE_SCRIPT_BODY_H

#include "module/descriptor.h"
#include "module/script_settings.h"

#include <httpd.h>
#include <apr_buckets.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace cppcgi::module {

class ScriptBody {
public:
    // How a read from the client or a write to the script went.
    enum class Step { moved, waiting, ended, failed };

    ScriptBody(request_rec* r, const ScriptSettings& settings, std::size_t keep);

    // Spools where it must. OK, or the status of a refusal, which is logged.
    int prepare();

    // Where the script's stdin comes from: a file that holds the whole body, a pipe that
    // write_to() feeds, or nothing.
    int file() const noexcept { return file_.get(); }
    bool streams() const noexcept { return streams_; }

    // CONTENT_LENGTH, when it differs from the request's header; else null.
    const char* length() const noexcept { return length_; }

    // Bytes in hand that the script has not taken yet.
    bool has_pending() const noexcept { return !APR_BRIGADE_EMPTY(pending_); }
    // All has come from the client (which need not mean that the script took it).
    bool is_complete() const noexcept { return complete_; }

    // Takes what the client has sent by now; only when nothing is pending.
    Step read();
    // Writes what is pending to a pipe that does not block. `ended`: all is written.
    // `failed`: the script closed its stdin.
    Step write_to(int fd);
    // The script takes no more: what comes from the client is dropped.
    void discard() noexcept;
    bool is_discarding() const noexcept { return discarding_; }

    // After read() failed: the status to answer.
    int status() const noexcept { return status_; }

    // The first bytes of the body, for the ScriptLog.
    std::string_view kept() const noexcept { return kept_; }

private:
    int spool();
    int spool_brigade();
    int spool_to_file(std::string_view bytes);
    int refuse_read(apr_status_t rv);
    bool has_content_filter() const noexcept;
    void keep(std::string_view bytes);

    request_rec* r_;
    const ScriptSettings& settings_;
    apr_bucket_brigade* pending_;
    std::size_t keep_;
    std::string kept_;
    std::string memory_;
    Descriptor file_;
    std::uint64_t spooled_ = 0;
    const char* length_ = nullptr;
    int status_ = OK;
    bool streams_ = false;
    bool complete_ = true;
    bool discarding_ = false;
};

}  // namespace cppcgi::module

#endif
