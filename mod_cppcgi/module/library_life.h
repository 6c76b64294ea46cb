// What a library has beside its handlers in one server child: code to run before the first
// call and after the last, handlers that are objects, calls that must not overlap. One a
// library that needs it, in the child's pool; its members may be used by any thread.
#ifndef CPPCGI_MODULE_LIBRARY_LIFE_H
#define CPPCGI_MODULE_LIBRARY_LIFE_H

#include <cppcgi/abi.h>

#include "module/registry.h"

#include <httpd.h>
#include <atomic>
#include <chrono>
#include <mutex>
#include <vector>

namespace cppcgi::module {

class LibraryLife {
public:
    LibraryLife(server_rec* server, const Library& library, void* handle);
    ~LibraryLife();  // stops the library, unless a call still runs
    LibraryLife(const LibraryLife&) = delete;
    LibraryLife& operator=(const LibraryLife&) = delete;

    // Whether the library has anything of the kind.
    bool is_needed() const noexcept;

    // Starts the library. After a failure it is tried again when a pause has passed, by
    // whichever request comes first; the others are told no at once.
    bool start() noexcept;

    // Locked when the handler asks for it; an empty lock otherwise.
    std::unique_lock<std::mutex> lock_for(const Handler& handler);

private:
    struct State {
        cppcgi_state change;
        const char* name;
        bool is_made;
    };

    bool start_all() noexcept;
    void stop_all() noexcept;
    bool run(const char* what, cppcgi_outcome& outcome) noexcept;

    server_rec* server_;
    const Library& library_;
    cppcgi_child child_start_;
    cppcgi_child child_stop_;
    bool child_is_started_ = false;
    bool is_serial_ = false;
    std::vector<State> states_;
    std::atomic<bool> is_started_{false};
    std::mutex start_mutex_;
    std::chrono::steady_clock::time_point next_try_{};
    std::chrono::seconds pause_{1};
    std::mutex serial_mutex_;
};

// Gives the library its life, if it needs one, and starts it.
void start_library_child(apr_pool_t* child, server_rec* server, Library& library,
                         void* handle);

}  // namespace cppcgi::module

#endif
