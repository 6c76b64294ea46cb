#include "core/open_file.h"

#include <cppcgi/error.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cppcgi::detail {

namespace {

// O_NONBLOCK: a FIFO without a writer must not hold the handler up.
constexpr int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

// linux/openat2.h, which old C libraries lack.
struct How {
    std::uint64_t flags;
    std::uint64_t mode;
    std::uint64_t resolve;
};
constexpr std::uint64_t no_magic_links = 0x02, beneath = 0x08;

[[noreturn]] void refuse(std::string_view name, int reason) {
    const bool is_short = reason == EMFILE || reason == ENFILE || reason == ENOMEM ||
                          reason == EIO || reason == EINTR;
    throw Error(is_short ? 500 : 404, "no file to send at " + std::string(name) + ": " +
                                          std::strerror(reason));
}

Descriptor regular(Descriptor file, std::string_view name) {
    if (!file) refuse(name, errno);
    struct stat status {};
    if (::fstat(file.number(), &status) != 0) refuse(name, errno);
    if (S_ISDIR(status.st_mode)) refuse(name, EISDIR);
    if (!S_ISREG(status.st_mode)) refuse(name, EINVAL);
    return file;
}

std::string_view next_component(std::string_view& rest) noexcept {
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    const std::string_view component = rest.substr(0, rest.find('/'));
    rest.remove_prefix(component.size());
    return component;
}

bool may_be_beneath(std::string_view name) noexcept {
    if (name.empty() || name.back() == '/' || name.find('\0') != name.npos)
        return false;
    for (std::string_view rest = name; !rest.empty();)
        if (next_component(rest) == "..") return false;
    return true;
}

int open_by_kernel(int root, const char* name) noexcept {
    const How how = {static_cast<std::uint64_t>(flags), 0, beneath | no_magic_links};
#ifdef SYS_openat2
    // EAGAIN: something was renamed meanwhile, and the kernel cannot tell.
    for (int attempt = 0; attempt < 20; ++attempt) {
        const long opened = ::syscall(SYS_openat2, root, name, &how, sizeof how);
        if (opened >= 0 || (errno != EAGAIN && errno != EINTR))
            return static_cast<int>(opened);
    }
#else
    static_cast<void>(how);
    errno = ENOSYS;
#endif
    return -1;
}

}  // namespace

Descriptor open_file(const std::string& path) {
    if (path.find('\0') != path.npos) refuse(path, ENOENT);
    return regular(Descriptor(::open(path.c_str(), flags)), path);
}

Descriptor walk_beneath(int root, std::string_view name) noexcept {
    Descriptor folder;
    std::string_view component = next_component(name);
    while (true) {
        const int from = folder ? folder.number() : root;
        char text[256];
        if (component.size() >= sizeof text) {
            errno = ENAMETOOLONG;
            return {};
        }
        std::memcpy(text, component.data(), component.size());
        text[component.size()] = '\0';
        component = next_component(name);
        if (component.empty())
            return Descriptor(::openat(from, text, flags | O_NOFOLLOW));
        Descriptor next(
            ::openat(from, text, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!next) return {};
        folder = std::move(next);
    }
}

Descriptor open_beneath(const std::string& root, std::string_view name) {
    if (!may_be_beneath(name)) refuse(name, ENOENT);
    const Descriptor folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder) refuse(root, errno);
    const std::string relative(name.substr(name.find_first_not_of('/')));
    Descriptor file(open_by_kernel(folder.number(), relative.c_str()));
    if (!file && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
        file = walk_beneath(folder.number(), relative);
    return regular(std::move(file), name);
}

}  // namespace cppcgi::detail
