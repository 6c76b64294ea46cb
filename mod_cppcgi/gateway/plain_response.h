// A response as programs write it (RFC 3875 section 6): its head as text, held back until
// the first piece of the body shows whether the length is known, and the count of what has
// left against the length that the handler declared. Owned by a ProgramCall.
#ifndef CPPCGI_GATEWAY_PLAIN_RESPONSE_H
#define CPPCGI_GATEWAY_PLAIN_RESPONSE_H

#include <cppcgi/abi.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cppcgi::program {

class PlainResponse {
public:
    // `without_body` for an answer to HEAD.
    explicit PlainResponse(bool without_body) noexcept : without_body_(without_body) {}

    // Takes a head that has been checked. Transfer-Encoding is left out: framing is the
    // server's. Content-Length waits for the body.
    void take_head(const cppcgi_head& head);

    // The head with its blank line, when it has not left yet, else nothing. A response of
    // one piece gets the length of that piece, whatever the handler has declared: a server
    // that is not told closes the connection behind it or sends chunks, and an answer to
    // HEAD would have no length.
    std::string head_before(std::uint64_t size, unsigned flags);

    // How much of the next piece of `size` bytes may leave: none for HEAD, and nothing
    // beyond the declared length, where the server would take it for the next response.
    std::uint64_t admit(std::uint64_t size);

    // Bytes of the declared length that are missing; below zero for those beyond it.
    std::int64_t missing() const noexcept {
        return declared_ && !is_empty_ ? left_ : 0;
    }

private:
    bool without_body_;
    bool is_empty_ = false;  // by its status
    bool is_pending_ = false;
    std::string head_;
    std::optional<std::int64_t> declared_;
    std::int64_t left_ = 0;
};

}  // namespace cppcgi::program

#endif
