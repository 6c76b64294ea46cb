// A user as the kernel sees one when it checks permissions: the server's children, or
// whom the doctor asks for. Plain values; looking names up may ask the network (NSS), so
// it is done where something has failed already.
#ifndef CPPCGI_HOST_IDENTITY_H
#define CPPCGI_HOST_IDENTITY_H

#include <sys/types.h>

#include <string>
#include <vector>

namespace cppcgi::host {

struct Identity {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  // supplementary

    bool in_group(gid_t group) const noexcept;
};

// The effective user and groups of this process.
Identity current_identity();

// The user called NAME or with that number; false when there is none.
bool find_identity(const std::string& name, Identity& identity);

std::string user_name(uid_t uid);   // "www-data", else "uid 33"
std::string group_name(gid_t gid);  // "www-data", else "gid 33"

}  // namespace cppcgi::host

#endif
