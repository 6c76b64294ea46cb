#include "host/writable.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cstring>

#include "host/identity.h"
#include "host/path_walk.h"
#include "host/permission.h"

namespace cppcgi::host {
namespace {

struct Writer {
    std::string who;     // "" for nobody
    std::string remedy;  // a command without its last argument, the path
};

class Trust {
public:
    explicit Trust(uid_t starter) : starter_(starter) {}

    bool user(uid_t uid) const { return uid == 0 || uid == starter_; }

    // Whether nobody but root and the starter is in the group. Users are enumerated for
    // those whose primary group it is; once, before the server has threads.
    bool group(gid_t gid) const {
        struct group* group = ::getgrgid(gid);
        if (group == nullptr) return false;
        for (char** member = group->gr_mem; *member != nullptr; ++member) {
            struct passwd* user_record = ::getpwnam(*member);
            if (user_record != nullptr && !user(user_record->pw_uid)) return false;
        }
        bool alone = true;
        ::setpwent();
        while (struct passwd* record = ::getpwent())
            alone = alone && (record->pw_gid != gid || user(record->pw_uid));
        ::endpwent();
        return alone;
    }

private:
    uid_t starter_;
};

Writer writer_of(const PathStep& step, const Trust& trust) {
    const struct stat& status = step.status;
    if (!trust.user(status.st_uid))
        return {"its owner " + user_name(status.st_uid), "chown root"};
    if (step.is_link()) return {};  // its mode means nothing
    // In a sticky directory nobody replaces what belongs to somebody else.
    if (step.is_directory() && (status.st_mode & S_ISVTX) != 0) return {};
    if ((status.st_mode & S_IWOTH) != 0) return {"everybody", "chmod o-w"};
    if ((status.st_mode & S_IWGRP) == 0) return {};  // also the mask of an access list
    AccessList list = read_access_list(step.path);
    bool group_writes = !list.present || (list.group_bits & W_OK) != 0;
    if (group_writes && !trust.group(status.st_gid))
        return {"the group " + group_name(status.st_gid), "chmod g-w"};
    for (const NamedEntry& entry : list.named) {
        if ((entry.bits & W_OK) == 0) continue;
        if (entry.is_group && !trust.group(entry.id))
            return {"the group " + group_name(entry.id) + " (by an access list)",
                    "setfacl -b"};
        if (!entry.is_group && !trust.user(entry.id))
            return {user_name(entry.id) + " (by an access list)", "setfacl -b"};
    }
    return {};
}

}  // namespace

LibraryFault check_writable(const std::string& file, uid_t starter) {
    PathWalk walk = walk_path(file);
    if (walk.error != 0) return cannot_open_file(file, walk.error);
    Trust trust(starter);
    for (const PathStep& step : walk.steps) {
        Writer writer = writer_of(step, trust);
        if (writer.who.empty()) continue;
        std::string what = &step == &walk.steps.back() ? "it" : step.path;
        return {LibraryCause::writable,
                file + " is not opened: " + writer.who + " may write " + what + " (" +
                    describe_mode(step.status) +
                    "), and with it run code in the server; `" + writer.remedy + " " +
                    step.path + "`, or set CppCGIWritableLibraries on"};
    }
    return {};
}

}  // namespace cppcgi::host
