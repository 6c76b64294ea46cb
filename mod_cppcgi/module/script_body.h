// The request body on its way to a script: read through httpd's input filters, streamed
// to the script's stdin, or spooled first when its length is not known beforehand and RFC
// 3875 section 4.1.2 demands CONTENT_LENGTH. Owned by one request, used by its thread.
#ifndef CPPCGI_MODULE_SCRIPT_BODY_H
#define CPPCGI_MODULE_SCRIPT_BODY_H

#include "module/body_spool.h"
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
    bool has_pending() const noexcept {
        return !APR_BRIGADE_EMPTY(pending_) || !spool_.is_empty();
    }
    // More is to be read from the client now.
    bool wants_more() const noexcept {
        return !complete_ && (is_hoarding_ || !has_pending());
    }
    // All has come from the client (which need not mean that the script took it).
    bool is_complete() const noexcept { return complete_; }

    // Takes what the client has sent by now.
    Step read();
    // Client and script wait for each other: from now on what comes is spooled, until
    // the client has sent all and listens.
    void hoard() noexcept { is_hoarding_ = true; }
    bool is_hoarding() const noexcept { return is_hoarding_; }
    // Writes what is pending to a pipe that does not block. `ended`: all is written.
    // `failed`: the script closed its stdin.
    Step write_to(int fd);
    // The script takes no more: what comes from the client is dropped.
    void discard() noexcept;
    bool is_discarding() const noexcept { return discarding_; }
    // On HTTP/2, what is left of an upload would make httpd reset the stream, and clients
    // then drop the answer: reads it to its end, for as long as httpd does on HTTP/1.1.
    void drain();

    // After read() failed: the status to answer.
    int status() const noexcept { return status_; }
    // One line for a client that stopped in the middle of its body.
    void log_silence() const;

    // Bytes that the script has been given, or that were spooled for it.
    std::uint64_t received() const noexcept { return written_ + spooled_; }
    bool is_spooled() const noexcept { return spool_.has_used_file(); }

    // The first bytes of the body, for the ScriptLog.
    std::string_view kept() const noexcept { return kept_; }

private:
    enum class ContentFilter { none, inflate, unknown };

    int spool_all();
    int spool_pending();
    int spool(std::string_view bytes);
    bool spool_incoming();
    Step write_pending(int fd);
    Step write_spooled(int fd);
    void send_continue();
    int refuse_length(const char* length);
    int refuse_read(apr_status_t rv);
    ContentFilter content_filter() const noexcept;
    void keep(std::string_view bytes);

    request_rec* r_;
    const ScriptSettings& settings_;
    apr_bucket_brigade* pending_;
    apr_bucket_brigade* incoming_ = nullptr;  // on its way to the spool
    std::size_t keep_;
    std::string kept_;
    BodySpool spool_;
    host::Descriptor file_;
    const char* length_ = nullptr;
    int status_ = OK;
    std::uint64_t written_ = 0;  // past the spool
    std::uint64_t spooled_ = 0;
    bool streams_ = false;
    bool complete_ = true;
    bool discarding_ = false;
    bool is_hoarding_ = false;
};

}  // namespace cppcgi::module

#endif
