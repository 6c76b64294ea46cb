// The private copy that a library is opened from, so that overwriting, truncating or
// deleting the file does not reach code that runs: a sealed memfd where the kernel lets
// one be executed, else an unlinked file in CppCGILibraryDir, else the file itself with a
// warning. Made by the server's parent; children inherit the descriptor. Plain values;
// closing the descriptor is the caller's.
#ifndef CPPCGI_HOST_PRIVATE_COPY_H
#define CPPCGI_HOST_PRIVATE_COPY_H

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "host/library_fault.h"

namespace cppcgi::host {

// What tells one state of a file from another; a copy is reused while its key is equal.
struct FileKey {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t mtime = 0;  // nanoseconds
    std::int64_t ctime = 0;

    bool operator==(const FileKey&) const = default;
};

// 0, or the errno of stat; the key is untouched then.
int read_key(const char* file, FileKey& key) noexcept;
int read_key(int fd, FileKey& key) noexcept;

enum class CopyKind { memfd, unlinked, original };

struct CopyOptions {
    std::string library_dir;  // CppCGILibraryDir; "": none
    // Size and mtime must have held still so long before anything is copied ...
    std::chrono::milliseconds settle{200};
    // ... and are waited for so long; 0 refuses at once as LibraryCause::changing, for
    // who looks again later.
    std::chrono::milliseconds patience{5000};
    bool try_memfd = true;  // false in tests of the other ways
};

struct PrivateCopy {
    int fd = -1;  // close-on-exec, read from the start by pread
    CopyKind kind = CopyKind::memfd;
    FileKey key;  // of the original
};

struct CopyResult {
    LibraryFault fault;    // copy.fd is -1 with a fault, never without
    LibraryFault warning;  // LibraryCause::shared_file, or none
    PrivateCopy copy;
};

// Copies `file`. Read its cards from the copy's descriptor: what was checked is then what
// is opened.
CopyResult make_private_copy(const std::string& file, const CopyOptions& options = {});

}  // namespace cppcgi::host

#endif
