#include "tools/cppcgi/source_build.h"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cppcgi::tools {

namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The prerequisites of make's rule; a space in a name stands behind a backslash.
std::vector<std::string> prerequisites(const std::string& rule) {
    std::vector<std::string> names;
    std::string name;
    bool is_target = true;
    for (std::size_t i = 0; i <= rule.size(); ++i) {
        const char c = i < rule.size() ? rule[i] : '\n';
        const char next = i + 1 < rule.size() ? rule[i + 1] : '\n';
        if (c == '\\' && (next == ' ' || next == '#' || next == '\\')) {
            name += rule[++i];
        } else if (c == '\\' && next == '\n') {
            ++i;
        } else if (c == '$' && next == '$') {
            name += rule[++i];
        } else if (c == ' ' || c == '\n') {
            if (is_target && name.ends_with(':')) {
                is_target = false;
            } else if (!name.empty()) {
                names.push_back(name);
            }
            name.clear();
        } else {
            name += c;
        }
    }
    return names;
}

// The server waits until a library holds still; this one is complete when it gets its
// name, so it may look older.
void make_settled(const fs::path& file) {
    const timespec past[2] = {{0, UTIME_OMIT}, {::time(nullptr) - 1, 0}};
    ::utimensat(AT_FDCWD, file.c_str(), past, 0);
}

}  // namespace

SourceBuild::SourceBuild(fs::path source, fs::path directory, const Compiler& compiler)
    : source_(std::move(source)),
      directory_(std::move(directory)),
      compiler_(compiler),
      stamps_{{source_, {}}} {}

SourceBuild::~SourceBuild() {
    if (compiler_process_ <= 0) return;
    ::kill(-compiler_process_, SIGKILL);
    ::waitpid(compiler_process_, nullptr, 0);
}

fs::path SourceBuild::file(const char* extension) const {
    return directory_ / (name() + extension);
}

SourceBuild::Stamp SourceBuild::stamp_of(const fs::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return {};
    return {
        std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
        status.st_size, status.st_ino};
}

bool SourceBuild::has_changed() const {
    for (const auto& [file, stamp] : stamps_)
        if (stamp != stamp_of(file)) return true;
    return false;
}

bool SourceBuild::refresh() {
    if (!is_building() && has_changed()) start();
    return is_building();
}

void SourceBuild::start() {
    for (auto& [file, stamp] : stamps_) stamp = stamp_of(file);
    const Words words = compiler_.command(Product::library, {source_}, file(".next"),
                                          {.optimisation = "-O0",
                                           .depfile = file(".d"),
                                           .extra = {"-fno-diagnostics-color"}});
    const int log =
        ::open(file(".log").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (log < 0) throw std::runtime_error("cannot write " + file(".log").native());
    compiler_process_ =
        start_program(words, {.output = log, .error = log, .own_group = true});
    ::close(log);
}

bool SourceBuild::finish(pid_t process, int wait_status) {
    if (process != compiler_process_) return false;
    compiler_process_ = -1;
    is_broken_ = exit_code(wait_status) != 0;
    if (is_broken_) {
        // The file that it lacks may come: then its directory changes.
        stamps_.emplace(source_.parent_path(), stamp_of(source_.parent_path()));
        return false;
    }
    read_depfile();
    make_settled(file(".next"));
    fs::rename(file(".next"), library());
    has_library_ = true;
    return true;
}

// A file that was not known before counts as it is now.
void SourceBuild::read_depfile() {
    Stamps stamps;
    for (const std::string& name : prerequisites(text_of(file(".d")))) {
        const auto known = stamps_.find(name);
        stamps.emplace(name, known != stamps_.end() ? known->second : stamp_of(name));
    }
    const auto known = stamps_.find(source_);
    stamps.emplace(source_, known->second);
    stamps_ = std::move(stamps);
}

std::string SourceBuild::words() const { return text_of(file(".log")); }

}  // namespace cppcgi::tools
