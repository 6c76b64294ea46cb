// One source and the library that is built from it, again whenever a file has changed that
// it is made of. The compiler is a process of its own; whoever owns this waits for it.
// Used by one thread.
#ifndef CPPCGI_TOOLS_CPPCGI_SOURCE_BUILD_H
#define CPPCGI_TOOLS_CPPCGI_SOURCE_BUILD_H

#include "tools/cppcgi/compiler.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include <sys/types.h>

namespace cppcgi::tools {

class SourceBuild {
public:
    // Builds below `directory`.
    SourceBuild(std::filesystem::path source, std::filesystem::path directory,
                const Compiler& compiler);
    ~SourceBuild();
    SourceBuild(const SourceBuild&) = delete;
    SourceBuild& operator=(const SourceBuild&) = delete;

    const std::filesystem::path& source() const noexcept { return source_; }
    std::string name() const { return source_.stem(); }
    std::filesystem::path library() const { return directory_ / (name() + ".so"); }

    // Looks at the files, and starts the compiler when one has changed since it was
    // started last. True while it runs.
    bool refresh();
    // To be called when the process has ended. True when there is a new library.
    bool finish(pid_t process, int wait_status);

    bool is_building() const noexcept { return compiler_process_ > 0; }
    pid_t process() const noexcept { return compiler_process_; }
    bool has_library() const noexcept { return has_library_; }
    // Whether the newest state of the source does not compile.
    bool is_broken() const noexcept { return is_broken_; }
    // What the compiler said last.
    std::string words() const;

private:
    struct Stamp {
        std::int64_t changed = -1;  // nanoseconds; -1: there is no such file
        std::int64_t size = 0;
        std::uint64_t inode = 0;
        bool operator==(const Stamp&) const = default;
    };
    using Stamps = std::map<std::filesystem::path, Stamp>;

    static Stamp stamp_of(const std::filesystem::path& file);
    bool has_changed() const;
    void start();
    void read_depfile();
    std::filesystem::path file(const char* extension) const;

    std::filesystem::path source_;
    std::filesystem::path directory_;
    const Compiler& compiler_;
    Stamps stamps_;  // as the files were when the compiler was started
    pid_t compiler_process_ = -1;
    bool has_library_ = false;
    bool is_broken_ = false;
};

}  // namespace cppcgi::tools

#endif
