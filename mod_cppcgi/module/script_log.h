// The ScriptLog of mod_cgi: what was asked, what the script answered and said, for each
// script that fails. Written in one piece, by the server's user, up to ScriptLogLength.
#ifndef CPPCGI_MODULE_SCRIPT_LOG_H
#define CPPCGI_MODULE_SCRIPT_LOG_H

#include "module/config.h"

#include <httpd.h>

#include <string>
#include <string_view>

namespace cppcgi::module {

// What is known of a failure; all borrowed.
struct ScriptFailure {
    int status = 0;
    std::string_view error = {};  // a refusal or failed start; then nothing else counts
    std::string_view body = {};   // the beginning of the request's
    std::string_view head = {};   // what the script wrote of its head
    std::string_view output = {};  // what stood behind it
    std::string_view errors = {};  // stderr
};

// Bytes of stderr that are kept for the log.
inline constexpr std::size_t script_log_stderr = 64 << 10;

bool has_script_log(const DirectoryConfig& config) noexcept;
// ScriptLogBuffer, when there is a log.
std::size_t script_log_buffer(const DirectoryConfig& config) noexcept;

// Does nothing without a ScriptLog.
void write_script_log(request_rec* r, const ScriptFailure& failure);

}  // namespace cppcgi::module

#endif
