// What a library has beside its handlers in one server child: code to run before the first
// call and after the last, handlers that are objects, calls that must not overlap. One a
// library that needs it, in the child's pool; its members may be used by any thread.
#ifndef CPPCGI_MODULE_LIBRARY_LIFE_H
#define CPPCGI_MODULE_LIBRARY_LIFE_H

#include <cppcgi/abi.h>

#include "host/card.h"

#include <httpd.h>
#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

namespace cppcgi::module {

class LibraryLife {
public:
    LibraryLife(server_rec* server, const char* path,
                const std::vector<host::Card>& cards, void* handle);
    LibraryLife(const LibraryLife&) = delete;
    LibraryLife& operator=(const LibraryLife&) = delete;

    // Whether the library has anything of the kind.
    bool is_needed() const noexcept;

    // Starts the library. After a failure it is tried again when a pause has passed, by
    // whichever request comes first; the others are told no at once.
    bool start() noexcept;

    // Ends what start() began; it does not start again. Only when no call runs in the
    // library.
    void stop() noexcept;

    // Locked when the flags of the handler's card ask for it; an empty lock otherwise.
    std::unique_lock<std::mutex> lock_for(std::uint32_t flags);

private:
    struct State {
        cppcgi_state change;
        std::string name;
        bool is_made;
    };

    bool start_all() noexcept;
    bool succeeded(const char* what, const cppcgi_outcome& outcome) const noexcept;

    server_rec* server_;
    const char* path_;
    cppcgi_child child_start_;
    cppcgi_child child_stop_;
    bool child_is_started_ = false;
    bool is_serial_ = false;
    std::vector<State> states_;
    std::atomic<bool> is_started_{false};
    std::atomic<bool> is_stopped_{false};
    std::mutex start_mutex_;
    std::chrono::steady_clock::time_point next_try_{};
    std::chrono::seconds pause_{1};
    std::mutex serial_mutex_;
};

}  // namespace cppcgi::module

#endif
