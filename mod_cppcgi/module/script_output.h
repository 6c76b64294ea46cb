// A script's body on its way to httpd's output filters: held back while more comes, so
// that a small answer leaves in one piece with its length, and flushed when the script
// pauses, so that a slow one streams, also through mod_deflate. Owned by one request, used
// by its thread.
#ifndef CPPCGI_MODULE_SCRIPT_OUTPUT_H
#define CPPCGI_MODULE_SCRIPT_OUTPUT_H

#include <httpd.h>
#include <apr_buckets.h>
#include <util_filter.h>

#include <cstdint>
#include <string_view>

namespace cppcgi::module {

class ScriptOutput {
public:
    // Bytes held before they are passed on even if the script does not pause.
    static constexpr std::size_t most_held = 64 << 10;

    explicit ScriptOutput(request_rec* r);

    // For nph- scripts: past all filters but the connection's.
    void bypass_filters();
    // For SSI: into another filter's chain, and without an end.
    void redirect_to(ap_filter_t* filter) noexcept { filter_ = filter; }

    void add(std::string_view bytes);
    std::size_t held() const noexcept { return held_; }
    // Bytes that have been given to it.
    std::uint64_t sent() const noexcept { return sent_; }
    // The head stands in the request: it is to go out even if no body follows yet.
    void open() noexcept { has_news_ = true; }
    // There is something that the client has not been sent.
    bool has_news() const noexcept { return has_news_; }
    // Something has gone to the filters: the answer is decided.
    bool started() const noexcept { return started_; }

    // Passes on what is held. False when the client has gone.
    bool pass(bool flush);
    // The end of a complete answer. `early`: the request body is still coming, and the
    // client must hear the answer before all of it is read.
    bool finish(bool early);
    // The end of an answer that is not complete, so that the client can see it.
    void break_off();

private:
    bool send();

    request_rec* r_;
    ap_filter_t* filter_;
    apr_bucket_brigade* brigade_;
    std::size_t held_ = 0;
    std::uint64_t sent_ = 0;
    bool has_news_ = false;
    bool started_ = false;
    bool raw_ = false;
};

}  // namespace cppcgi::module

#endif
