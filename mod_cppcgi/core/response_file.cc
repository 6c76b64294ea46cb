// The part of Response that sends files.
#include <cppcgi/request.h>
#include <cppcgi/response.h>

#include "core/call.h"
#include "core/media_type.h"
#include "core/open_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace cppcgi {

struct Response::OpenFile {
    detail::Descriptor descriptor;
    std::uint64_t size;
    std::int64_t modified;  // microseconds

    explicit OpenFile(detail::Descriptor opened) : descriptor(std::move(opened)) {
        struct stat status {};
        if (::fstat(descriptor.number(), &status) != 0)
            throw std::system_error(errno, std::generic_category(), "fstat");
        if (!S_ISREG(status.st_mode)) throw Error(500, "it is no regular file to send");
        size = static_cast<std::uint64_t>(status.st_size);
        modified = status.st_mtim.tv_sec * std::int64_t{1000000} +
                   status.st_mtim.tv_nsec / 1000;
    }

    Time modified_time() const {
        return Time(std::chrono::duration_cast<Time::duration>(
            std::chrono::microseconds(modified)));
    }
};

namespace {

// As httpd makes it by default, so that a file keeps its tag whoever sends it: weak while
// it may change again within the clock's step.
std::string etag_of(std::uint64_t size, std::int64_t modified) {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    char digits[40];
    char* end = std::to_chars(digits, digits + 16, size, 16).ptr;
    *end++ = '-';
    end = std::to_chars(end, digits + sizeof digits,
                        static_cast<std::uint64_t>(modified), 16)
              .ptr;
    std::string tag = now - modified < 1000000 ? "W/\"" : "\"";
    return tag.append(digits, end).append("\"");
}

}  // namespace

void Response::set_unless_set(std::string_view name, std::string_view value) {
    if (!value.empty() && !call_.output.header(name)) header(name, value);
}

// True when the conditions of the request have been answered in the file's place.
bool Response::describe(const OpenFile& file, std::string_view name, bool is_whole) {
    cppcgi_file facts{};
    facts.size = sizeof facts;
    facts.fd = file.descriptor.number();
    facts.name = detail::to_c(name);
    facts.length = file.size;
    facts.modified = file.modified;
    const cppcgi_gateway* gateway = call_.gateway;
    const bool knows = CPPCGI_HAS(gateway, describe_file) &&
                       gateway->describe_file(call_.host, &facts) != 0;
    if (is_whole && call_.output.status() == 200) {
        set_unless_set("ETag", knows ? std::string(detail::from_c(facts.etag))
                                     : etag_of(file.size, file.modified));
        if (!call_.output.header("Last-Modified")) last_modified(file.modified_time());
        if (!facts.meets_conditions &&
            answer_conditions(call_.output.header("ETag").value_or(std::string_view{}),
                              file.modified_time()))
            return true;
    }
    const std::string_view type =
        knows ? detail::from_c(facts.type) : detail::media_type_of(name);
    set_unless_set("Content-Type", type.empty() ? detail::unknown_media_type : type);
    set_unless_set("Content-Encoding", detail::from_c(facts.encoding));
    set_unless_set("Content-Language", detail::from_c(facts.language));
    return false;
}

Response& Response::send(OpenFile& file, const FileOptions& options) {
    const std::uint64_t offset = std::min(options.offset, file.size);
    const std::uint64_t length =
        std::min(options.length.value_or(UINT64_MAX), file.size - offset);
    if (call_.output.is_empty() && describe(file, options.name, length == file.size))
        return *this;
    call_.output.send_file(std::move(file.descriptor), offset, length);
    return *this;
}

Response& Response::send_file(const std::string& path) {
    OpenFile file(detail::open_file(path));
    return send(file, {.name = path});
}

Response& Response::send_file(const std::string& root,
                              std::string_view untrusted_name) {
    OpenFile file(detail::open_beneath(root, untrusted_name));
    return send(file, {.name = untrusted_name});
}

Response& Response::send_fd(int descriptor, const FileOptions& options) {
    const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) throw std::system_error(errno, std::generic_category(), "send_fd");
    OpenFile file{detail::Descriptor(copy)};
    return send(file, options);
}

}  // namespace cppcgi
