// CppCGIReload auto: a changed library file is swapped in between requests. One a library
// and server child; any thread may ask for the current version. The child does all of it
// itself, so that each of them serves the new version at its next request.
#ifndef CPPCGI_MODULE_LIBRARY_RELOAD_H
#define CPPCGI_MODULE_LIBRARY_RELOAD_H

#include "host/card.h"
#include "host/private_copy.h"
#include "module/library_version.h"
#include "module/registry.h"

#include <httpd.h>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace cppcgi::module {

struct Generation;

class LibraryReload {
public:
    // Takes over library.version, which was opened when the child started.
    LibraryReload(server_rec* server, LibraryOpener& opener, const Library& library,
                  const Generation& generation);

    // The version to call. Looks at the file at most ten times a second; while one thread
    // opens a new version, the others go on with the old one.
    std::shared_ptr<LibraryVersion> current();

    // The version that was current last, without looking at the file; for the child's end.
    LibraryVersion* newest() const noexcept { return current_.get(); }

private:
    void look();
    std::shared_ptr<LibraryVersion> open_copy(const host::PrivateCopy& copy,
                                              host::LibraryFault& fault);
    host::LibraryFault check(const host::PrivateCopy& copy,
                             const std::vector<host::Card>& cards) const;
    void report(const host::LibraryFault& fault);

    server_rec* server_;
    LibraryOpener& opener_;
    const Library& library_;
    const Generation& generation_;
    host::CopyOptions copy_options_;
    std::mutex look_mutex_;
    std::atomic<std::int64_t> next_look_{0};  // steady clock, milliseconds
    host::FileKey seen_;                      // the state last opened or refused
    bool is_missing_ = false;
    std::mutex current_mutex_;
    std::shared_ptr<LibraryVersion> current_;
};

}  // namespace cppcgi::module

#endif
