// A directory of its own for what a program makes while it runs; gone with the object. One
// whose program was killed is removed by the next that wants one for the same purpose.
#ifndef CPPCGI_TOOLS_SCRATCH_H
#define CPPCGI_TOOLS_SCRATCH_H

#include <filesystem>
#include <string>

namespace cppcgi::tools {

class Scratch {
public:
    // Below TMPDIR, else /tmp. Throws std::runtime_error with a sentence.
    explicit Scratch(const std::string& purpose);
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
    int lock_ = -1;  // on the directory: it is in use
};

}  // namespace cppcgi::tools

#endif
