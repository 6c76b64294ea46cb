#include "core/source_excerpt.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace cppcgi::detail {

namespace {

constexpr std::size_t most_bytes = 8 * 1024 * 1024;  // no source is longer
constexpr std::size_t most_of_a_line = 240;

std::string read_file(const char* path) {
    // A FIFO or a device of that name must not hold us up.
    const int file = ::open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0) return {};
    std::string text;
    struct stat status {};
    if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
        static_cast<std::size_t>(status.st_size) <= most_bytes) {
        text.resize(static_cast<std::size_t>(status.st_size));
        const ssize_t got = ::read(file, text.data(), text.size());
        text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    }
    ::close(file);
    return text;
}

}  // namespace

std::vector<SourceLine> read_source_excerpt(const std::string& file,
                                            std::uint32_t line) {
    std::vector<SourceLine> lines;
    if (file.empty() || line == 0) return lines;
    const std::string text = read_file(file.c_str());
    const std::uint32_t first = line > excerpt_reach ? line - excerpt_reach : 1;
    std::string_view rest = text;
    for (std::uint32_t number = 1; !rest.empty() && number <= line + excerpt_reach;
         ++number) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        if (number >= first)
            lines.push_back(
                {number, std::string(rest.substr(0, std::min(end, most_of_a_line)))});
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    // The file has changed since it was compiled.
    if (!lines.empty() && lines.back().number < line) lines.clear();
    return lines;
}

}  // namespace cppcgi::detail
