#include "core/report_store.h"

#include "core/characters.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <vector>

namespace cppcgi::detail {

namespace {

constexpr std::string_view seen_begin = "<p id=\"seen\">Seen ";
constexpr std::string_view file_prefix = "cppcgi-", file_suffix = ".html";
constexpr std::string_view unfinished_prefix = ".cppcgi-";
constexpr std::time_t unfinished_for = 60;  // seconds; its writer has been killed
constexpr std::size_t id_size = 12;

class Descriptor {
public:
    explicit Descriptor(int number) noexcept : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    explicit operator bool() const noexcept { return number_ >= 0; }
    int number() const noexcept { return number_; }

private:
    int number_;
};

bool is_report(std::string_view name) noexcept {
    return name.size() == file_prefix.size() + id_size + file_suffix.size() &&
           name.starts_with(file_prefix) && name.ends_with(file_suffix);
}

// One number more in the line of a report that is there; an errno.
int count_once_more(int file) {
    struct stat status {};
    if (::fstat(file, &status) != 0) return errno;
    if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid()) return EPERM;
    // Only processes of ours have it open; one that hangs does not hold up a request.
    for (int tries = 0; ::flock(file, LOCK_EX | LOCK_NB) != 0; ++tries) {
        if (errno != EWOULDBLOCK || tries == 200) return 0;
        const timespec pause = {0, 100'000};
        ::nanosleep(&pause, nullptr);
    }
    char head[8192];
    const ssize_t size = ::pread(file, head, sizeof head, 0);
    const std::string_view text(head, size > 0 ? static_cast<std::size_t>(size) : 0);
    const std::size_t at = text.find(seen_begin);
    if (at == text.npos) return EPERM;
    const char* digits = text.data() + at + seen_begin.size();
    unsigned long times = 0;
    std::from_chars(digits, text.data() + text.size(), times);
    const std::string line = seen_line(times + 1);
    if (at + line.size() > text.size()) return EPERM;
    const ssize_t written =
        ::pwrite(file, line.data(), line.size(), static_cast<off_t>(at));
    return written < 0 ? errno : 0;  // the lock goes with the descriptor
}

int write_all(int file, std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return written < 0 ? errno : EIO;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

// A name that is taken stays as it is: EEXIST.
int give_name(int directory, const char* from, const char* to) noexcept {
    if (::renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;
    return ::linkat(directory, from, directory, to, 0) == 0 ? 0 : errno;
}

int write_new(int directory, const std::string& name, const std::string& page) {
    // Of this thread: it writes one report at a time.
    const std::string unfinished = std::string(unfinished_prefix) +
                                   std::to_string(::getpid()) + "-" +
                                   std::to_string(::gettid());
    const Descriptor file(::openat(directory, unfinished.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                   0600));
    if (!file) return errno;
    int error = write_all(file.number(), page);
    if (error == 0) error = give_name(directory, unfinished.c_str(), name.c_str());
    ::unlinkat(directory, unfinished.c_str(), 0);
    return error;
}

// Removes what is too much, and what was never finished.
void tidy_up(int directory) {
    struct Entry {
        timespec seen;
        std::string name;
    };
    const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* listing = copy >= 0 ? ::fdopendir(copy) : nullptr;
    if (!listing) return;
    std::vector<Entry> reports;
    const std::time_t now = std::time(nullptr);
    while (const dirent* entry = ::readdir(listing)) {
        const std::string_view name(entry->d_name);
        struct stat status {};
        if ((!is_report(name) && !name.starts_with(unfinished_prefix)) ||
            ::fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (is_report(name))
            reports.push_back({status.st_mtim, std::string(name)});
        else if (status.st_mtim.tv_sec < now - unfinished_for)
            ::unlinkat(directory, entry->d_name, 0);
    }
    ::closedir(listing);
    if (reports.size() <= most_reports) return;
    std::sort(reports.begin(), reports.end(), [](const Entry& a, const Entry& b) {
        return a.seen.tv_sec != b.seen.tv_sec ? a.seen.tv_sec < b.seen.tv_sec
                                              : a.seen.tv_nsec < b.seen.tv_nsec;
    });
    reports.resize(reports.size() - most_reports);
    for (const Entry& entry : reports) ::unlinkat(directory, entry.name.c_str(), 0);
}

// ENOENT when there is none.
int count_in(int directory, const std::string& name) {
    const Descriptor file(::openat(directory, name.c_str(),
                                   O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    return file ? count_once_more(file.number()) : errno;
}

}  // namespace

std::string seen_line(unsigned long times) {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char when[40], line[120];
    std::strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &parts);
    std::snprintf(line, sizeof line, "%s%-10lu times, last %s</p>\n", seen_begin.data(),
                  std::min(times, 9999999999UL), when);
    return line;
}

StoredReport store_report(const std::string& directory, const std::string& id,
                          const std::function<std::string()>& make_page) {
    StoredReport stored;
    const std::string name = std::string(file_prefix) + id + std::string(file_suffix);
    stored.path = directory + "/" + name;
    const Descriptor folder(
        ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return stored.error = errno, stored;
    stored.error = count_in(folder.number(), name);
    if (stored.error != ENOENT) return stored;
    stored.error = write_new(folder.number(), name, make_page());
    // Somebody else has met the same at the same time.
    if (stored.error == EEXIST)
        return stored.error = count_in(folder.number(), name), stored;
    stored.is_new = stored.error == 0;
    if (stored.is_new) tidy_up(folder.number());
    return stored;
}

}  // namespace cppcgi::detail
