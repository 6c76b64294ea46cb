// The way to a file as the kernel takes it: each directory and symbolic link that it
// passes, in order. Permissions are asked of these, since a file is as safe and as
// reachable as everything above it. Plain values; any thread.
#ifndef CPPCGI_HOST_PATH_WALK_H
#define CPPCGI_HOST_PATH_WALK_H

#include <sys/stat.h>

#include <string>
#include <vector>

namespace cppcgi::host {

struct PathStep {
    std::string path;
    struct stat status;  // of a symbolic link itself

    bool is_directory() const noexcept { return S_ISDIR(status.st_mode); }
    bool is_link() const noexcept { return S_ISLNK(status.st_mode); }
};

struct PathWalk {
    // From "/" on. Without an error the last one is what the path names.
    std::vector<PathStep> steps;
    int error = 0;       // 0, or the errno that ended the walk ...
    std::string failed;  // ... at this path
    std::string link;    // the last symbolic link on the way there, or ""
};

// A relative path is taken from the working directory.
PathWalk walk_path(const std::string& path);

}  // namespace cppcgi::host

#endif
