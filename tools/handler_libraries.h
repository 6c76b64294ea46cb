// Handler libraries in this process, the files that httpd loads, opened as a server child
// opens them: from private copies, behind libcppcgi.so.1, with the code that a library
// runs around its life. Used by one thread; the handlers may then run in any.
#ifndef CPPCGI_TOOLS_HANDLER_LIBRARIES_H
#define CPPCGI_TOOLS_HANDLER_LIBRARIES_H

#include <cppcgi/abi.h>

#include "host/card.h"
#include "host/loader.h"
#include "host/private_copy.h"

#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace cppcgi::tools {

struct OpenHandler {
    std::string name;
    std::string library;      // the file's stem, as CppCGILibrary names it
    bool is_default = false;  // what CppCGIHandler LIBRARY means
    cppcgi_entry entry = nullptr;
    std::mutex* serial = nullptr;  // to be held during its calls, unless null
};

class HandlerLibraries {
public:
    HandlerLibraries() = default;
    ~HandlerLibraries();
    HandlerLibraries(const HandlerLibraries&) = delete;
    HandlerLibraries& operator=(const HandlerLibraries&) = delete;

    // Copies the file and reads its cards; no code of it runs. This and the others throw
    // std::runtime_error with the message that httpd would log.
    void add(const std::string& file);
    // What was added, not open yet.
    std::vector<OpenHandler> offered();
    // Opens each in a short-lived process first, for who forks before open().
    void check() const;
    std::vector<OpenHandler> open();
    // Behind the last call.
    void close() noexcept;

private:
    struct Library {
        std::string file;
        host::PrivateCopy copy;
        std::vector<host::Card> cards;
        void* handle = nullptr;
        std::mutex serial;
    };

    void add_runtime();
    void start(Library& library);
    void stop(Library& library) noexcept;

    std::string runtime_file_;
    host::PrivateCopy runtime_;
    std::deque<Library> libraries_;
    host::Loader loader_;
};

}  // namespace cppcgi::tools

#endif
