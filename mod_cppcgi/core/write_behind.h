// A write to a file that goes on while its caller does something else: by a thread that
// the C library keeps for aio_write and ends when it is idle for a second. One at a time;
// owned by a spool.
#ifndef CPPCGI_CORE_WRITE_BEHIND_H
#define CPPCGI_CORE_WRITE_BEHIND_H

#include <cstdint>
#include <memory>
#include <string_view>

struct aiocb;

namespace cppcgi::detail {

class WriteBehind {
public:
    WriteBehind();
    WriteBehind(const WriteBehind&) = delete;
    WriteBehind& operator=(const WriteBehind&) = delete;
    ~WriteBehind();

    // Begins to write; the bytes have to stay until end(). When there is no thread to be
    // had they are written at once. Returns 0 or an errno.
    int start(int fd, std::string_view bytes, std::uint64_t offset);
    // Waits until they are written. Returns 0 or an errno.
    int end();

private:
    std::unique_ptr<aiocb> control_;
    bool pending_ = false;
};

// All of them, now. Returns 0 or an errno.
int write_at(int fd, std::string_view bytes, std::uint64_t offset);

}  // namespace cppcgi::detail

#endif
