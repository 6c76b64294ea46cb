// What a response has become so far: its head, and the part of its body that has not left.
// Owned by the Call of a handler.
#ifndef CPPCGI_CORE_OUTPUT_H
#define CPPCGI_CORE_OUTPUT_H

#include <cppcgi/abi.h>

#include "core/arena.h"
#include "core/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <streambuf>
#include <string_view>
#include <vector>

namespace cppcgi::detail {

// Thrown when the host refuses the head, so that the handler stops; never leaves invoke().
struct HeadRefused {};

// Thrown when the response is complete already and the handler is to stop.
struct Answered {};

class Output {
public:
    Output(const cppcgi_gateway* gateway, void* call) noexcept;
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    void status(int code, std::string_view reason);
    void set_header(std::string_view name, std::string_view value);
    void add_header(std::string_view name, std::string_view value);

    void write(std::string_view bytes);
    void flush();
    // The file goes out behind what was written so far, with the next write or at the end:
    // a host that gets the end of the response with it knows its length.
    void send_file(Descriptor file, std::uint64_t offset, std::uint64_t length);
    std::ostream& stream();

    // Sends what is left. Throws HeadRefused.
    void finish();

    // Nothing more leaves: the host answers by itself, or wants no body.
    void close() noexcept;
    bool is_closed() const noexcept { return closed_; }

    bool head_sent() const noexcept { return head_sent_; }
    // True when the head cannot be changed any more.
    bool is_settled() const noexcept { return head_sent_ || closed_; }
    // True when nothing of the body has been written so far.
    bool is_empty() const noexcept { return !is_settled() && used_ == 0 && !file_; }
    int status() const noexcept { return status_; }
    // The first field of that name in the head so far.
    std::optional<std::string_view> header(std::string_view name) const noexcept;
    bool client_gone() const noexcept { return client_gone_; }

private:
    void send_head();
    void send(std::string_view bytes, unsigned flags);
    void send_pending_file(unsigned flags);
    void check_open() const;

    const cppcgi_gateway* gateway_;
    void* call_;
    std::size_t used_ = 0;
    int status_ = 200;
    bool head_sent_ = false;
    bool has_content_type_ = false;
    bool client_gone_ = false;
    bool closed_ = false;
    Descriptor file_;
    std::uint64_t file_offset_ = 0;
    std::uint64_t file_length_ = 0;
    std::string_view reason_;
    // The usual head fits here; a larger one goes to the heap.
    char head_memory_[1024];
    Arena head_arena_{head_memory_};
    std::vector<cppcgi_pair, ArenaAllocator<cppcgi_pair>> headers_{head_arena_};
    struct Stream;
    std::unique_ptr<Stream> stream_;
    // Not initialised: zeroing it would cost as much as the rest of a small response.
    char buffer_[8192];
};

}  // namespace cppcgi::detail

#endif
