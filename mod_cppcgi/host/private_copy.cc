#include "host/private_copy.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>
#include <thread>
#include <utility>

#include "host/card.h"
#include "host/descriptor.h"
#include "host/elf_file.h"

// Linux 6.3; Debian 12's headers do not have it.
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

// Linux 6.14.
#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000
#endif

namespace cppcgi::host {
namespace {

using std::chrono::milliseconds;

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void fill(FileKey& key, const struct stat& status) {
    key = {status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim),
           nanoseconds(status.st_ctim)};
}

// Not ctime: a rename or a chmod does not touch the bytes.
bool same_content(const FileKey& a, const FileKey& b) {
    return a.device == b.device && a.inode == b.inode && a.size == b.size &&
           a.mtime == b.mtime;
}

LibraryFault still_changing(const std::string& file) {
    return {LibraryCause::changing,
            file +
                " is still being written: install libraries under another name in "
                "the same directory and rename them"};
}

struct Source {
    LibraryFault fault;
    Descriptor fd;
    FileKey key;
};

Source open_source(const std::string& file) {
    Source source;
    source.fd = open_for_reading(file);
    struct stat status;
    if (!source.fd.is_open() || ::fstat(source.fd.get(), &status) != 0) {
        source.fault = cannot_open_file(file, errno);
        return source;
    }
    if (!S_ISREG(status.st_mode)) source.fault = not_regular_file(file);
    fill(source.key, status);
    return source;
}

// How long the file has been as it is; negative when its clock is ahead of ours.
milliseconds age(const FileKey& key) {
    timespec now;
    ::clock_gettime(CLOCK_REALTIME, &now);
    return milliseconds((nanoseconds(now) - key.mtime) / 1'000'000);
}

// Whether the times of a file cannot be believed: a clock ahead of ours, or an empty file,
// since truncating one sets the size before the time.
bool doubtful(const FileKey& key) {
    return age(key) < milliseconds(0) || key.size == 0;
}

// Whether somebody has the file open for writing, however long ago they wrote: asks what
// execve would say, without executing. False where that cannot be known, before Linux 6.14
// or without permission to execute the file. Asked in a process of its own: under what does
// not know the flag, valgrind for one, the file is executed.
bool is_being_written(int fd) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        char* none[] = {nullptr};
        const bool is_busy = ::syscall(SYS_execveat, fd, "", none, none,
                                       AT_EMPTY_PATH | AT_EXECVE_CHECK) != 0 &&
                             errno == ETXTBSY;
        ::_exit(is_busy ? 1 : 0);
    }
    int status = 0;
    pid_t ended = pid;
    while (pid > 0 && (ended = ::waitpid(pid, &status, 0)) < 0 && errno == EINTR) {
    }
    return pid > 0 && ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

// Opens the file once it held still. A file older than the settling time needs no wait;
// one that was replaced meanwhile is opened anew.
Source open_settled(const std::string& file, const CopyOptions& options) {
    milliseconds waited{0};
    for (;;) {
        Source source = open_source(file);
        if (source.fault) return source;
        const bool is_written = is_being_written(source.fd.get());
        bool compare = !is_written && doubtful(source.key);
        milliseconds pause = options.settle;
        if (!compare && !is_written) pause -= age(source.key);
        if (pause <= milliseconds(0)) return source;
        if (waited + pause > options.patience) {
            source.fault = still_changing(file);
            return source;
        }
        std::this_thread::sleep_for(pause);
        waited += pause;
        FileKey now;
        if (compare && read_key(file.c_str(), now) == 0 &&
            same_content(now, source.key))
            return source;
    }
}

// 0, or the errno of what failed.
int copy_bytes(int from, int to, off_t size) {
    std::string buffer(std::size_t{256} << 10, '\0');
    off_t done = 0;
    while (done < size) {
        ssize_t got = ::pread(from, buffer.data(), buffer.size(), done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) return 0;  // shorter now; the key tells
        for (ssize_t put = 0; put < got;) {
            ssize_t n =
                ::write(to, buffer.data() + put, static_cast<std::size_t>(got - put));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return errno;
            put += n;
        }
        done += got;
    }
    return 0;
}

// Asks the kernel itself: noexec mounts, vm.memfd_noexec and security modules all show
// here, before a server child meets them in dlopen.
bool may_execute(int fd) {
    void* page = ::mmap(nullptr, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    if (page == MAP_FAILED) return false;
    ::munmap(page, 1);
    return true;
}

struct Attempt {
    Descriptor fd;
    std::string obstacle;  // why there is no descriptor
};

// 0, or the errno. While the kernel itself holds one of its pages (EBUSY), a file cannot be
// sealed against writing: after some patience it does without, since nobody else has it.
int seal(int fd) {
    constexpr int size_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    for (int tries = 0; tries < 5; ++tries) {
        if (::fcntl(fd, F_ADD_SEALS, size_seals | F_SEAL_WRITE) == 0) return 0;
        if (errno != EBUSY) return errno;
        std::this_thread::sleep_for(milliseconds(10));
    }
    return ::fcntl(fd, F_ADD_SEALS, size_seals) == 0 ? 0 : errno;
}

Attempt copy_to_memfd(const Source& source, const std::string& file) {
    // Shown in /proc/PID/maps, and so in debuggers and profiles.
    std::string name = "cppcgi:" + std::string(file_stem(file)).substr(0, 200);
    constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    Attempt attempt;
    attempt.fd = Descriptor(::memfd_create(name.c_str(), flags | MFD_EXEC));
    if (!attempt.fd.is_open() && errno == EINVAL)
        attempt.fd = Descriptor(::memfd_create(name.c_str(), flags));
    int error = !attempt.fd.is_open() ? errno : 0;
    if (error == 0)
        error = copy_bytes(source.fd.get(), attempt.fd.get(), source.key.size);
    if (error == 0) error = seal(attempt.fd.get());
    if (error == 0 && !may_execute(attempt.fd.get())) error = errno;
    if (error == 0) return attempt;
    return {Descriptor(), std::string("a memfd may not be used (") +
                              std::strerror(error) + ", see sysctl vm.memfd_noexec)"};
}

// A file without a name, open for writing.
Descriptor unnamed_file(const std::string& directory) {
    Descriptor fd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (fd.is_open() || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    std::string name = directory + "/.cppcgi-XXXXXX";
    fd = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (fd.is_open()) ::unlink(name.c_str());
    return fd;
}

Attempt copy_to_directory(const Source& source, const std::string& directory) {
    Attempt attempt;
    Descriptor writer = unnamed_file(directory);
    int error = !writer.is_open() ? errno : 0;
    if (error == 0) error = copy_bytes(source.fd.get(), writer.get(), source.key.size);
    // Children open it anew after setuid; nobody else has a way to it.
    if (error == 0 && ::fchmod(writer.get(), 0555) != 0) error = errno;
    if (error == 0) {
        std::string name = "/proc/self/fd/" + std::to_string(writer.get());
        attempt.fd = Descriptor(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
        if (!attempt.fd.is_open() || !may_execute(attempt.fd.get())) error = errno;
    }
    if (error == 0) return attempt;
    return {Descriptor(), directory + " may not be used (" + std::strerror(error) +
                              (error == EPERM ? ", is it mounted noexec?)" : ")")};
}

LibraryFault served_directly(const std::string& file, const std::string& obstacles) {
    return {LibraryCause::shared_file,
            file + " is served from the file itself, because " + obstacles +
                "; overwriting it in place will crash the server: name a directory "
                "that is not mounted noexec in CppCGILibraryDir"};
}

LibraryFault not_executable(const std::string& file, const std::string& obstacles) {
    return {LibraryCause::not_executable,
            file + " may not be executed (is its file system mounted noexec?), and " +
                obstacles +
                "; name a directory that is not mounted noexec in CppCGILibraryDir"};
}

CopyResult keep(Descriptor fd, CopyKind kind, const FileKey& key) {
    CopyResult result;
    result.copy = {fd.release(), kind, key};
    return result;
}

CopyResult fail(LibraryFault fault) {
    CopyResult result;
    result.fault = std::move(fault);
    return result;
}

CopyResult try_each_way(Source& source, const std::string& file,
                        const CopyOptions& options) {
    std::string obstacles = "memfd is switched off";
    if (options.try_memfd) {
        Attempt attempt = copy_to_memfd(source, file);
        if (attempt.fd.is_open())
            return keep(std::move(attempt.fd), CopyKind::memfd, source.key);
        obstacles = attempt.obstacle;
    }
    if (!options.library_dir.empty()) {
        Attempt attempt = copy_to_directory(source, options.library_dir);
        if (attempt.fd.is_open())
            return keep(std::move(attempt.fd), CopyKind::unlinked, source.key);
        obstacles += " and CppCGILibraryDir " + attempt.obstacle;
    } else {
        obstacles += " and CppCGILibraryDir is not set";
    }
    if (!may_execute(source.fd.get())) return fail(not_executable(file, obstacles));
    CopyResult result = keep(std::move(source.fd), CopyKind::original, source.key);
    result.warning = served_directly(file, obstacles);
    return result;
}

}  // namespace

int read_key(const char* file, FileKey& key) noexcept {
    struct stat status;
    if (::stat(file, &status) != 0) return errno;
    fill(key, status);
    return 0;
}

int read_key(int fd, FileKey& key) noexcept {
    struct stat status;
    if (::fstat(fd, &status) != 0) return errno;
    fill(key, status);
    return 0;
}

CopyResult make_private_copy(const std::string& file, const CopyOptions& options) {
    // A file written to while it was copied is tried again: it has to settle anew.
    for (int tries = 0; tries < 3; ++tries) {
        Source source = open_settled(file, options);
        if (source.fault) return fail(std::move(source.fault));
        int original = source.fd.get();
        CopyResult result = try_each_way(source, file, options);
        if (result.fault || result.copy.kind == CopyKind::original) return result;
        FileKey after;
        if (read_key(original, after) == 0 && same_content(after, result.copy.key) &&
            !is_being_written(original))
            return result;
        ::close(result.copy.fd);
    }
    return fail(still_changing(file));
}

}  // namespace cppcgi::host
