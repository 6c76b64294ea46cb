// What a user may do with a file: mode bits and POSIX access lists, evaluated as the
// kernel does it, for any user and without becoming that user. Capabilities and security
// modules are not in it. Plain values; any thread.
#ifndef CPPCGI_HOST_PERMISSION_H
#define CPPCGI_HOST_PERMISSION_H

#include <sys/stat.h>

#include <string>
#include <vector>

#include "host/identity.h"

namespace cppcgi::host {

// One entry of an access list that names a user or a group.
struct NamedEntry {
    bool is_group = false;
    id_t id = 0;
    int bits = 0;  // R_OK | W_OK | X_OK, the mask applied
};

struct AccessList {
    bool present = false;
    int group_bits = 0;  // of the file's own group, the mask applied
    std::vector<NamedEntry> named;
};

// The list of `path` (its target for a symbolic link); not present where there is none,
// or where it cannot be read.
AccessList read_access_list(const std::string& path);

struct Permission {
    int missing = 0;       // of what was wanted: R_OK | W_OK | X_OK
    char who = 'o';        // whose bits decided: 'u', 'g', 'o' as chmod names them
    bool by_list = false;  // a named entry of the access list decided
};

// Whether `user` may do WANT, any of R_OK, W_OK, X_OK, with the file of that status.
Permission permission_of(const Identity& user, const std::string& path,
                         const struct stat& status, int want);

// "mode 0750, root:adm": what a person compares.
std::string describe_mode(const struct stat& status);

}  // namespace cppcgi::host

#endif
