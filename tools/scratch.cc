#include "tools/scratch.h"

#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace cppcgi::tools {

namespace fs = std::filesystem;

namespace {

int open_directory(const fs::path& path) {
    return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void remove_tree(const fs::path& path) {
    std::error_code nobody_to_tell;
    fs::remove_all(path, nobody_to_tell);
}

// The lock of a program that was killed is gone with it. Another user's directory is left.
void remove_left_behind(const fs::path& folder, const std::string& prefix) {
    std::error_code nobody_to_tell;
    for (const auto& entry : fs::directory_iterator(folder, nobody_to_tell)) {
        if (!entry.path().filename().native().starts_with(prefix)) continue;
        const int directory = open_directory(entry.path());
        struct stat status {};
        if (directory >= 0 && ::fstat(directory, &status) == 0 &&
            status.st_uid == ::geteuid() && ::flock(directory, LOCK_EX | LOCK_NB) == 0)
            remove_tree(entry.path());
        if (directory >= 0) ::close(directory);
    }
}

}  // namespace

Scratch::Scratch(const std::string& purpose) {
    const fs::path folder = fs::temp_directory_path();
    const std::string prefix = "cppcgi-" + purpose + "-";
    remove_left_behind(folder, prefix);
    // Another program that starts may take it, before it has its lock, for left behind.
    constexpr int most_tries = 100;
    for (int i = 0; i < most_tries; ++i) {
        std::string name = folder / (prefix + "XXXXXX");
        if (!::mkdtemp(name.data())) break;
        lock_ = open_directory(name);
        struct stat status {};
        if (lock_ >= 0 && ::flock(lock_, LOCK_EX) == 0 &&
            ::fstat(lock_, &status) == 0 && status.st_nlink != 0) {
            path_ = name;
            return;
        }
        if (lock_ >= 0) ::close(lock_);
    }
    throw std::runtime_error("cannot make a directory below " + folder.native() +
                             ": name another one with TMPDIR");
}

Scratch::~Scratch() {
    remove_tree(path_);
    ::close(lock_);
}

}  // namespace cppcgi::tools
