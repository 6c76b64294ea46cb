#include "host/permission.h"

#include <endian.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

namespace cppcgi::host {
namespace {

// linux/posix_acl_xattr.h: little-endian, a version, then entries of tag, bits and id.
constexpr std::uint32_t list_version = 2;
enum Tag : std::uint16_t {
    tag_user = 2,
    tag_group_object = 4,
    tag_group = 8,
    tag_mask = 16
};
struct RawEntry {
    std::uint16_t tag, bits;
    std::uint32_t id;
};

AccessList parse(const char* data, std::size_t size) {
    AccessList list;
    std::uint32_t version;
    if (size < sizeof(version)) return list;
    std::memcpy(&version, data, sizeof(version));
    if (le32toh(version) != list_version) return list;
    list.present = true;
    int mask = R_OK | W_OK | X_OK;
    for (std::size_t at = sizeof(version); at + sizeof(RawEntry) <= size;
         at += sizeof(RawEntry)) {
        RawEntry raw;
        std::memcpy(&raw, data + at, sizeof(raw));
        int bits = le16toh(raw.bits);
        switch (le16toh(raw.tag)) {
            case tag_mask:
                mask = bits;
                break;
            case tag_group_object:
                list.group_bits = bits;
                break;
            case tag_user:
                list.named.push_back({false, le32toh(raw.id), bits});
                break;
            case tag_group:
                list.named.push_back({true, le32toh(raw.id), bits});
                break;
            default:
                break;  // owner and others are mode bits
        }
    }
    list.group_bits &= mask;
    for (NamedEntry& entry : list.named) entry.bits &= mask;
    return list;
}

// The group class: any matching entry that grants all decides, else any that matches.
// False when none matches.
bool judge_groups(const Identity& user, const struct stat& status,
                  const AccessList& list, int want, Permission& permission) {
    bool matched = false;
    auto consider = [&](gid_t group, int bits, bool named) {
        if (!user.in_group(group)) return false;
        int missing = want & ~bits;
        if (!matched || missing == 0) permission = {missing, 'g', named};
        matched = true;
        return missing == 0;
    };
    int bits =
        list.present ? list.group_bits : static_cast<int>(status.st_mode >> 3 & 7);
    if (consider(status.st_gid, bits, false)) return true;
    for (const NamedEntry& entry : list.named)
        if (entry.is_group && consider(entry.id, entry.bits, true)) return true;
    return matched;
}

}  // namespace

AccessList read_access_list(const std::string& path) {
    char value[4 + sizeof(RawEntry) * 200];
    ssize_t size =
        ::getxattr(path.c_str(), "system.posix_acl_access", value, sizeof(value));
    return size > 0 ? parse(value, static_cast<std::size_t>(size)) : AccessList();
}

Permission permission_of(const Identity& user, const std::string& path,
                         const struct stat& status, int want) {
    int mode = static_cast<int>(status.st_mode);
    if (user.uid == 0) {
        // root may all but execute what nobody may.
        bool executable = S_ISDIR(status.st_mode) || (mode & 0111) != 0;
        return {executable ? 0 : want & X_OK, status.st_uid == 0 ? 'u' : 'o', false};
    }
    if (user.uid == status.st_uid) return {want & ~(mode >> 6 & 7), 'u', false};
    // The kernel does not look at the list when its mask, the group's bits, is empty.
    AccessList list;
    if ((mode & S_IRWXG) != 0) list = read_access_list(path);
    for (const NamedEntry& entry : list.named)
        if (!entry.is_group && entry.id == user.uid)
            return {want & ~entry.bits, 'u', true};
    Permission permission;
    if (judge_groups(user, status, list, want, permission)) return permission;
    return {want & ~(mode & 7), 'o', false};
}

std::string describe_mode(const struct stat& status) {
    char mode[16];
    std::snprintf(mode, sizeof(mode), "%04o",
                  static_cast<unsigned>(status.st_mode) & 07777u);
    return std::string("mode ") + mode + ", " + user_name(status.st_uid) + ":" +
           group_name(status.st_gid);
}

}  // namespace cppcgi::host
