#include "core/save_as.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "core/form.h"

namespace cppcgi::detail {
namespace {

std::error_code error_of(int error) { return {error, std::generic_category()}; }

// A name beside the target that nobody can foresee.
std::string name_beside(const std::string& path) {
    std::uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random) {
        random = static_cast<std::uint64_t>(getpid()) ^
                 reinterpret_cast<std::uintptr_t>(&random);
    }
    char suffix[32];
    std::snprintf(suffix, sizeof suffix, ".cppcgi-%016llx",
                  static_cast<unsigned long long>(random));
    const std::size_t slash = path.rfind('/');
    return path.substr(0, slash + 1) + suffix;
}

// Gives a spool file its name, without a copy. False: it has to be copied.
bool link_spooled(const Form& form, std::uint32_t file, const std::string& name) {
    if (!form.spool.is_linkable(file)) return false;
    const Result<int> fd = form.spool.descriptor(file);
    if (!fd) return false;
    // AT_EMPTY_PATH would need CAP_DAC_READ_SEARCH.
    char source[40];
    std::snprintf(source, sizeof source, "/proc/self/fd/%d", *fd);
    if (linkat(AT_FDCWD, source, AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
        return false;
    }
    form.spool.linked(file);
    return true;
}

std::error_code write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return error_of(errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

// In the kernel, by reference where the file system can.
std::error_code copy_spooled(int to, int from, std::uint64_t offset,
                             std::uint64_t size) {
    auto at = static_cast<off_t>(offset);
    bool by_range = true;
    while (size != 0) {
        const auto most =
            static_cast<std::size_t>(std::min<std::uint64_t>(size, 1u << 30));
        const ssize_t copied = by_range
                                   ? copy_file_range(from, &at, to, nullptr, most, 0)
                                   : sendfile(to, from, &at, most);
        if (copied > 0) {
            size -= static_cast<std::uint64_t>(copied);
            continue;
        }
        if (copied < 0 && errno == EINTR) continue;
        // Old kernels and some file systems cannot; the file itself is complete.
        if (by_range) {
            by_range = false;
            continue;
        }
        return error_of(copied < 0 ? errno : EIO);
    }
    return {};
}

std::error_code write_value(const Field& field, int fd) {
    const FieldRecord& record = record_of(field);
    const FieldData& data = record.data;
    if (!data.is_spooled()) {
        return write_all(fd, data.form->value_of(record));
    }
    const Result<int> from = data.form->spool.descriptor(data.spool_file);
    if (!from) return error_of(static_cast<int>(from.fault().limit));
    return copy_spooled(fd, *from, data.offset, data.value_size);
}

std::error_code copy_to(const Field& field, const std::string& name) {
    const int fd = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return error_of(errno);
    std::error_code error = write_value(field, fd);
    // Network file systems and quotas report here.
    if (close(fd) != 0 && !error) error = error_of(errno);
    if (error) unlink(name.c_str());
    return error;
}

}  // namespace

std::error_code save_as(const Field& field, const std::string& path,
                        Field::Existing existing) {
    // A NUL would cut the name off, and name another file.
    if (path.empty() || path.find('\0') != std::string::npos) return error_of(EINVAL);
    const FieldData& data = record_of(field).data;
    const std::string name = name_beside(path);
    if (!data.is_spooled() || !link_spooled(*data.form, data.spool_file, name)) {
        if (const std::error_code error = copy_to(field, name)) return error;
    }
    if (existing == Field::Existing::replace) {
        if (rename(name.c_str(), path.c_str()) == 0) return {};
    } else if (link(name.c_str(), path.c_str()) == 0) {
        unlink(name.c_str());
        return {};
    }
    const std::error_code error = error_of(errno);
    unlink(name.c_str());
    return error;
}

}  // namespace cppcgi::detail
