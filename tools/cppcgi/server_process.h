// What can be seen of a running httpd: the user of its children and the libraries that they
// have mapped. Read from /proc.
#ifndef CPPCGI_TOOLS_CPPCGI_SERVER_PROCESS_H
#define CPPCGI_TOOLS_CPPCGI_SERVER_PROCESS_H

#include <string>
#include <vector>

namespace cppcgi::tools {

struct ServerProcess {
    bool is_found = false;
    std::string user;                 // of a child that runs handlers
    std::vector<std::string> loaded;  // paths of shared libraries
};

// A server with mod_cppcgi; without one, the user that the system's packages make for it.
ServerProcess find_server();

}  // namespace cppcgi::tools

#endif
