#include "module/script_log.h"

#include "gateway/httpd/log.h"
#include "host/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <apr_strings.h>
#include <apr_time.h>
#include <array>
#include <cerrno>

namespace cppcgi::module {

namespace {

constexpr std::uint64_t default_length = 10385760;
constexpr std::uint64_t default_buffer = 1024;

void append_table(std::string& text, const apr_table_t* table) {
    const apr_array_header_t* elements = apr_table_elts(table);
    const auto* entries = reinterpret_cast<const apr_table_entry_t*>(elements->elts);
    for (int i = 0; i < elements->nelts; ++i) {
        if (!entries[i].key) continue;
        text.append(entries[i].key).append(": ").append(entries[i].val).append("\n");
    }
}

void append_part(std::string& text, std::string_view title, std::string_view part) {
    if (part.empty()) return;
    text.append(title).append("\n").append(part);
    if (!part.ends_with('\n')) text += '\n';
}

std::string entry(request_rec* r, const ScriptFailure& failure) {
    std::array<char, APR_CTIME_LEN> time{};
    apr_ctime(time.data(), apr_time_now());
    std::string text =
        "%% [" + std::string(time.data()) + "] " + r->method + " " + r->uri;
    if (r->args) text.append("?").append(r->args);
    text.append(" ").append(r->protocol).append("\n%% ");
    text.append(std::to_string(failure.status)).append(" ").append(r->filename);
    text += '\n';
    if (!failure.error.empty()) {
        append_part(text, "%error", failure.error);
        return text;
    }
    text += "%request\n";
    append_table(text, r->headers_in);
    if (!failure.body.empty()) text.append("\n").append(failure.body).append("\n");
    text += "%response\n";
    text += failure.head;
    if (!failure.head.empty() && !failure.head.ends_with('\n')) text += '\n';
    append_part(text, "%stdout", failure.output);
    append_part(text, "%stderr", failure.errors);
    return text;
}

}  // namespace

bool has_script_log(const DirectoryConfig& config) noexcept {
    return config.settings->script_log.value_or(nullptr) != nullptr;
}

std::size_t script_log_buffer(const DirectoryConfig& config) noexcept {
    if (!has_script_log(config)) return 0;
    return static_cast<std::size_t>(
        config.settings->script_log_buffer.value_or(default_buffer));
}

void write_script_log(request_rec* r, const ScriptFailure& failure) {
    const DirectoryConfig& config = config_of(r);
    if (!has_script_log(config)) return;
    const char* path = config.settings->script_log.value;
    struct stat info;
    const std::uint64_t most =
        config.settings->script_log_length.value_or(default_length);
    if (::stat(path, &info) == 0 && static_cast<std::uint64_t>(info.st_size) > most)
        return;
    const host::Descriptor file(
        ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666));
    int error = errno;
    if (file.is_open()) {
        const std::string text = entry(r, failure);
        const ssize_t size = ::write(file.get(), text.data(), text.size());
        error = size == static_cast<ssize_t>(text.size()) ? 0
                : size == -1                              ? errno
                                                          : ENOSPC;
    }
    if (error == 0) return;
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, error, r,
        "CPPCGI0460: ScriptLog %s cannot be written, so the failure of %s is not in "
        "it; let the server's user write the file, or make room for it",
        path, r->filename);
}

}  // namespace cppcgi::module
