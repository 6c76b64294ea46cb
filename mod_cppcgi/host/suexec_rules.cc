#include "host/suexec_rules.h"

#include <grp.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "host/identity.h"
#include "host/permission.h"

namespace cppcgi::host {

namespace {

class Rules {
public:
    Rules(Diagnosis& diagnosis, const SuexecQuestion& question)
        : diagnosis_(diagnosis), question_(question) {}

    void ask_all() {
        if (!ask_ids()) return;
        const std::string folder = question_.file.substr(0, question_.file.rfind('/'));
        rule(question_.file.starts_with(question_.docroot + "/"),
             "the script lies below " + question_.docroot,
             "move it there, or rebuild suexec with another AP_DOC_ROOT", "");
        struct stat directory, script;
        if (!find(folder, directory) || !find(question_.file, script)) return;
        rule((directory.st_mode & (S_IWGRP | S_IWOTH)) == 0,
             "nobody but its owner may write " + folder, "", "chmod go-w " + folder);
        rule(S_ISREG(script.st_mode), "the script is a file, not a link",
             "put the file itself there", "");
        rule((script.st_mode & (S_IWGRP | S_IWOTH)) == 0,
             "nobody but its owner may write the script", "",
             "chmod go-w " + question_.file);
        rule((script.st_mode & (S_ISUID | S_ISGID)) == 0,
             "the script is not set-user-id or set-group-id", "",
             "chmod ug-s " + question_.file);
        rule((script.st_mode & S_IXUSR) != 0, "its owner may execute the script", "",
             "chmod u+x " + question_.file);
        const std::string owner = user_name(user_.uid) + ":" + group_name(user_.gid);
        rule(owns(directory), folder + " belongs to " + owner, "",
             "chown " + owner + " " + folder);
        rule(owns(script), "the script belongs to " + owner, "",
             "chown " + owner + " " + question_.file);
    }

private:
    void rule(bool holds, const std::string& text, const std::string& remedy,
              std::string command) {
        if (holds) return diagnosis_.good("suexec", text);
        diagnosis_.add({Severity::fault, "suexec", "",
                        "suexec's rule does not hold: " + text +
                            (remedy.empty() ? "" : "; " + remedy),
                        std::move(command)});
    }

    bool ask_ids() {
        if (!find_identity(question_.user, user_)) {
            rule(false, "there is a user " + question_.user, "",
                 "adduser --system " + question_.user);
            return false;
        }
        if (!question_.group.empty()) {
            const struct group* group = ::getgrnam(question_.group.c_str());
            rule(group != nullptr, "there is a group " + question_.group, "",
                 "addgroup --system " + question_.group);
            if (!group) return false;
            user_.gid = group->gr_gid;
        }
        const std::string least = std::to_string(question_.least_id);
        rule(user_.uid >= question_.least_id,
             "the user's id " + std::to_string(user_.uid) + " is " + least + " or more",
             "name another user in SuexecUserGroup", "");
        rule(
            user_.gid >= question_.least_id,
            "the group's id " + std::to_string(user_.gid) + " is " + least + " or more",
            "name another group in SuexecUserGroup", "");
        return true;
    }

    bool find(const std::string& path, struct stat& status) {
        if (::lstat(path.c_str(), &status) == 0) return true;
        rule(false, path + " exists", std::strerror(errno), "");
        return false;
    }

    bool owns(const struct stat& status) const {
        return status.st_uid == user_.uid && status.st_gid == user_.gid;
    }

    Diagnosis& diagnosis_;
    const SuexecQuestion& question_;
    Identity user_;
};

}  // namespace

void examine_suexec(Diagnosis& diagnosis, const SuexecQuestion& question) {
    Rules(diagnosis, question).ask_all();
}

}  // namespace cppcgi::host
