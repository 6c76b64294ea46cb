#include "host/identity.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace cppcgi::host {
namespace {

constexpr std::size_t record_size = 64 << 10;  // a group with thousands of members

}  // namespace

bool Identity::in_group(gid_t group) const noexcept {
    return group == gid ||
           std::find(groups.begin(), groups.end(), group) != groups.end();
}

Identity current_identity() {
    Identity identity;
    identity.uid = ::geteuid();
    identity.gid = ::getegid();
    int count = ::getgroups(0, nullptr);
    if (count > 0) {
        identity.groups.resize(static_cast<std::size_t>(count));
        count = ::getgroups(count, identity.groups.data());
        identity.groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    }
    return identity;
}

bool find_identity(const std::string& name, Identity& identity) {
    std::string buffer(record_size, '\0');
    struct passwd record, *found = nullptr;
    ::getpwnam_r(name.c_str(), &record, buffer.data(), buffer.size(), &found);
    if (found == nullptr) {
        uid_t uid = 0;
        const char* end = name.data() + name.size();
        auto [stop, error] = std::from_chars(name.data(), end, uid);
        if (error != std::errc() || stop != end) return false;
        ::getpwuid_r(uid, &record, buffer.data(), buffer.size(), &found);
    }
    if (found == nullptr) return false;
    identity.uid = found->pw_uid;
    identity.gid = found->pw_gid;
    int count = 1024;
    identity.groups.resize(static_cast<std::size_t>(count));
    if (::getgrouplist(found->pw_name, found->pw_gid, identity.groups.data(), &count) <
        0)
        count = 1024;
    identity.groups.resize(static_cast<std::size_t>(count));
    return true;
}

std::string user_name(uid_t uid) {
    std::string buffer(record_size, '\0');
    struct passwd record, *found = nullptr;
    ::getpwuid_r(uid, &record, buffer.data(), buffer.size(), &found);
    return found != nullptr ? found->pw_name : "uid " + std::to_string(uid);
}

std::string group_name(gid_t gid) {
    std::string buffer(record_size, '\0');
    struct group record, *found = nullptr;
    ::getgrgid_r(gid, &record, buffer.data(), buffer.size(), &found);
    return found != nullptr ? found->gr_name : "gid " + std::to_string(gid);
}

}  // namespace cppcgi::host
