// Runs a program to its end with both outputs collected: compilers, `httpd -t`, and
// what else a test asks. Whoever calls owns nothing but the result.
#ifndef CPPCGI_T_PROCESS_H
#define CPPCGI_T_PROCESS_H

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace cppcgi_test {

struct Exit {
    int status = -1;  // as $? has it: 128 + signal when one ended it, 124 when too slow
    std::string output;  // stdout and stderr as they came
};

// Environment entries "NAME=value" are added to ours; "NAME=" empties one.
Exit run(const std::vector<std::string>& arguments,
         const std::vector<std::string>& environment = {},
         std::chrono::milliseconds bound = std::chrono::seconds(60));

// Starts a program with stdin from /dev/null and both outputs appended to a file, as
// the leader of its own process group. Throws std::system_error.
pid_t start(const std::vector<std::string>& arguments,
            const std::vector<std::string>& environment,
            const std::filesystem::path& output);

// Polls until `ready` says yes; false when the bound is reached first.
bool poll_until(const std::function<bool()>& ready,
                std::chrono::milliseconds bound = std::chrono::seconds(10));

// The whole of a file, empty when it cannot be read.
std::string read_file(const std::filesystem::path& path);

// A line of /proc/PID/status in bytes: "VmRSS:", "VmHWM:". 0 when there is none.
std::uint64_t memory_of(pid_t process, const std::string& line);

// The build folder under test: CPPCGI_TEST_BUILD (of a sanitizer), else the one that the
// running program belongs to.
std::filesystem::path build_dir();

// The top of the source tree: the nearest folder above the program with configure.ac.
std::filesystem::path source_dir();

}  // namespace cppcgi_test

#endif
