// What a response has become so far: its head, and the part of its body that has not left.
// Owned by the Call of a handler.
#ifndef CPPCGI_CORE_OUTPUT_H
#define CPPCGI_CORE_OUTPUT_H

#include <cppcgi/abi.h>

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <ostream>
#include <streambuf>
#include <string_view>
#include <vector>

namespace cppcgi::detail {

// Thrown when the host refuses the head, so that the handler stops; never leaves invoke().
struct HeadRefused {};

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
    void send_file(int descriptor, std::uint64_t offset, std::uint64_t length);
    std::ostream& stream();

    // Sends what is left. Throws HeadRefused.
    void finish();

    bool head_sent() const noexcept { return head_sent_; }
    // True when nothing of the body has been written so far.
    bool is_empty() const noexcept { return !head_sent_ && used_ == 0; }
    bool client_gone() const noexcept { return client_gone_; }

    // Forgets head and body, when nothing has left yet, so that an error page can take
    // their place.
    bool discard() noexcept;

private:
    void send_head();
    void send(std::string_view bytes, unsigned flags);
    void check_open() const;
    std::string_view keep(std::string_view text);

    const cppcgi_gateway* gateway_;
    void* call_;
    std::size_t used_ = 0;
    int status_ = 200;
    bool head_sent_ = false;
    bool has_content_type_ = false;
    bool client_gone_ = false;
    std::string_view reason_;
    // The usual head fits here; a larger one goes to the heap.
    std::byte head_memory_[1024];
    std::pmr::monotonic_buffer_resource head_pool_{head_memory_, sizeof head_memory_};
    std::pmr::vector<cppcgi_pair> headers_{&head_pool_};
    struct Stream;
    std::unique_ptr<Stream> stream_;
    // Not initialised: zeroing it would cost as much as the rest of a small response.
    char buffer_[8192];
};

}  // namespace cppcgi::detail

#endif
