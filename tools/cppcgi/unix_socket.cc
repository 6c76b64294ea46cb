#include "tools/cppcgi/unix_socket.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace cppcgi::tools {

namespace {

using Function = int (*)(int, const sockaddr*, socklen_t);

int open_unix(const std::string& path, Function function) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw std::runtime_error(path +
                                 " is longer than a socket's name may be: name " +
                                 "a shorter directory with TMPDIR");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 && function(descriptor, reinterpret_cast<sockaddr*>(&address),
                                    sizeof address) == 0)
        return descriptor;
    const int error = errno;
    if (descriptor >= 0) ::close(descriptor);
    throw std::runtime_error("the socket " + path + ": " + std::strerror(error));
}

}  // namespace

int connect_unix(const std::string& path) { return open_unix(path, ::connect); }

int listen_unix(const std::string& path) {
    const int descriptor = open_unix(path, ::bind);
    ::listen(descriptor, 16);
    return descriptor;
}

}  // namespace cppcgi::tools
