// Local sockets between the command and what its httpd starts.
#ifndef CPPCGI_TOOLS_CPPCGI_UNIX_SOCKET_H
#define CPPCGI_TOOLS_CPPCGI_UNIX_SOCKET_H

#include <string>

namespace cppcgi::tools {

// Descriptors, the caller's to close. Both throw std::runtime_error with a sentence.
int connect_unix(const std::string& path);
int listen_unix(const std::string& path);

}  // namespace cppcgi::tools

#endif
