// A directory of its own for what a program makes while it runs; gone with the object.
#ifndef CPPCGI_TOOLS_SCRATCH_H
#define CPPCGI_TOOLS_SCRATCH_H

#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

#include <stdlib.h>

namespace cppcgi::tools {

class Scratch {
public:
    // Below TMPDIR, else /tmp.
    explicit Scratch(const std::string& purpose) {
        std::string name =
            std::filesystem::temp_directory_path() / ("cppcgi-" + purpose + "-XXXXXX");
        if (!::mkdtemp(name.data()))
            throw std::runtime_error("cannot make a directory below " +
                                     std::filesystem::temp_directory_path().native() +
                                     ": name another one with TMPDIR");
        path_ = name;
    }
    ~Scratch() {
        std::error_code nobody_to_tell;
        std::filesystem::remove_all(path_, nobody_to_tell);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace cppcgi::tools

#endif
