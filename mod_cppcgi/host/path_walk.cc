#include "host/path_walk.h"

#include <limits.h>
#include <unistd.h>

#include <cerrno>
#include <deque>

namespace cppcgi::host {
namespace {

constexpr int max_links = 40;  // the kernel's own

// Puts the components of PATH before those still to go.
void prepend(std::deque<std::string>& pending, const std::string& path) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < path.size();) {
        std::size_t slash = path.find('/', at);
        if (slash == std::string::npos) slash = path.size();
        if (slash != at) parts.push_back(path.substr(at, slash - at));
        at = slash + 1;
    }
    pending.insert(pending.begin(), parts.begin(), parts.end());
}

class Walker {
public:
    PathWalk walk(const std::string& path) {
        std::string start = path;
        if (path.empty() || path[0] != '/') {
            char directory[PATH_MAX];
            if (::getcwd(directory, sizeof(directory)) == nullptr) {
                stop(errno, ".");
                return walk_;
            }
            start = std::string(directory) + "/" + path;
        }
        prepend(pending_, start);
        if (!take("/")) return walk_;
        while (!pending_.empty()) {
            std::string part = std::move(pending_.front());
            pending_.pop_front();
            if (part == ".") continue;
            if (part == "..") {
                current_.erase(current_.find_last_of('/') == std::string::npos
                                   ? 0
                                   : current_.find_last_of('/'));
                continue;
            }
            std::string next = current_ + "/" + part;
            if (!take(next)) break;
            if (!walk_.steps.back().is_link()) {
                current_ = std::move(next);
            } else if (!follow(next)) {
                break;
            }
        }
        return walk_;
    }

private:
    bool take(const std::string& path) {
        PathStep step;
        step.path = path;
        if (::lstat(path.c_str(), &step.status) != 0) return stop(errno, path);
        walk_.steps.push_back(std::move(step));
        return true;
    }

    bool follow(const std::string& link) {
        char target[PATH_MAX];
        ssize_t size = ::readlink(link.c_str(), target, sizeof(target));
        if (size < 0) return stop(errno, link);
        if (++links_ > max_links) return stop(ELOOP, link);
        walk_.link = link;
        if (size > 0 && target[0] == '/') current_.clear();
        prepend(pending_, std::string(target, static_cast<std::size_t>(size)));
        return true;
    }

    bool stop(int error, std::string path) {
        walk_.error = error;
        walk_.failed = std::move(path);
        return false;
    }

    PathWalk walk_;
    std::deque<std::string> pending_;
    std::string current_;  // "" is the root
    int links_ = 0;
};

}  // namespace

PathWalk walk_path(const std::string& path) { return Walker().walk(path); }

}  // namespace cppcgi::host
