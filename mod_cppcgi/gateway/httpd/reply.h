// The response to an httpd request as brigades through its output filters.
#ifndef CPPCGI_GATEWAY_HTTPD_REPLY_H
#define CPPCGI_GATEWAY_HTTPD_REPLY_H

#include <cppcgi/abi.h>

#include <httpd.h>
#include <apr_buckets.h>
#include <cstdint>

namespace cppcgi::httpd {

class Reply {
public:
    explicit Reply(request_rec* r) noexcept : r_(r) {}

    // Takes over a head that has been checked: status, reason, Content-Type and fields.
    void take_head(const cppcgi_head& head);

    // Sends a piece of the body; `flags` as in cppcgi_gateway::write. False when the
    // client has gone. A piece that ends the response leaves with it in one brigade, so
    // that httpd knows its length.
    bool write(cppcgi_text data, unsigned flags);
    bool send_file(int descriptor, std::uint64_t offset, std::uint64_t length,
                   unsigned flags);

    // The response will be a whole file of that length: as httpd's own, it then has no
    // page behind 304 and 412, and takes ranges.
    void expect_file(std::uint64_t length) noexcept {
        is_file_ = true;
        file_length_ = static_cast<apr_off_t>(length);
    }

    // Sends the head of a file for which condition() has a status. False when it is no
    // file, and the server's page for that status is wanted.
    bool answer_condition();

    // 304 or 412 when the request's conditions (If-None-Match and its like) ask for that
    // in place of the page, of which then nothing is sent; else OK.
    int condition() const noexcept { return condition_; }

    // Bytes of the page that have been sent.
    std::uint64_t sent() const noexcept { return sent_; }

    // Bytes that the handler has still to write of the Content-Length it declared, below
    // zero for those beyond it, which were not sent: they would be taken for the next
    // response. 0 when it declared none.
    apr_off_t missing() const noexcept { return is_ended_ || left_ < 0 ? left_ : 0; }

private:
    void take_length(const char* value);
    void take_validators();
    std::uint64_t admit(std::uint64_t size, unsigned flags);
    std::uint64_t count(std::uint64_t size) noexcept;
    bool pass(unsigned flags);
    apr_bucket_brigade* brigade();

    request_rec* r_;
    apr_bucket_brigade* brigade_ = nullptr;
    int condition_ = OK;
    bool is_file_ = false;
    bool has_length_ = false;
    bool is_ended_ = false;
    apr_off_t left_ = 0;
    std::uint64_t sent_ = 0;
    apr_off_t file_length_ = 0;
};

// Sets the status, also one that httpd has no words for and would send as 500.
void set_status(request_rec* r, int status) noexcept;

// A field for the page of an error. Allow goes into httpd's own list of methods, of which
// it writes the field itself.
void set_error_header(request_rec* r, const char* name, const char* value);

// Ends a response of which a part has left so that the client sees that it is incomplete:
// no last chunk on HTTP/1.1, a reset stream on HTTP/2, a reset connection on HTTP/1.0.
// What a content handler then returns.
int break_off(request_rec* r);

// Makes close() send RST in place of FIN: without a length and chunks it is the only way
// to tell a client that something is missing.
void reset_on_close(conn_rec* connection);

}  // namespace cppcgi::httpd

#endif
