// Private copies of handler libraries, kept over restarts: a library that cannot be opened
// any more is served from its last good copy. They hang off the process pool as plain
// data, since the module itself is unloaded and loaded again between two generations.
#ifndef CPPCGI_MODULE_LIBRARY_COPIES_H
#define CPPCGI_MODULE_LIBRARY_COPIES_H

#include "host/private_copy.h"

#include <httpd.h>

namespace cppcgi::module {

struct LibraryCopy {
    const char* path;
    host::FileKey key;
    int descriptor;
    const char* warning;  // "CPPCGI0113: ..." when it is the file itself, or null
    bool is_checked;      // a process has opened it and lived
    bool is_used;         // by the configuration being read
    apr_pool_t* pool;
    LibraryCopy* next;
};

class LibraryCopies {
public:
    explicit LibraryCopies(process_rec* process);

    // The copy of this state of the file; null when there is none.
    LibraryCopy* find(const char* path, const host::FileKey& key) noexcept;

    // The newest copy of the file that has been checked; null when there is none.
    LibraryCopy* last_good(const char* path) noexcept;

    LibraryCopy* add(const char* path, const host::CopyResult& made);

    // Around the reading of a configuration: what is not used by it is closed.
    void begin_sweep() noexcept;
    void sweep() noexcept;

private:
    struct List {
        LibraryCopy* first;
    };

    process_rec* process_;
    List* list_;
};

}  // namespace cppcgi::module

#endif
