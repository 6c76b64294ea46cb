// A script's stderr on its way to the error log: one log line a line, while the script
// runs, with client and script. httpd escapes control characters. Owned by whoever owns
// the script's process and moved with it.
#ifndef CPPCGI_MODULE_SCRIPT_ERRORS_H
#define CPPCGI_MODULE_SCRIPT_ERRORS_H

#include <httpd.h>

#include <string>
#include <string_view>

namespace cppcgi::module {

class ScriptErrors {
public:
    // Keeps the first `keep` bytes for the ScriptLog.
    ScriptErrors(request_rec* r, std::size_t keep);

    void take(std::string_view bytes);
    void finish();  // a last line without its end

    // The request is gone from now on; lines are logged to its server, with the client's
    // address in the text.
    void leave_request();

    std::string_view kept() const noexcept { return kept_; }
    const std::string& script() const noexcept { return script_; }
    const std::string& client() const noexcept { return client_; }
    server_rec* server() const noexcept { return server_; }

    // Reads what is there now from a descriptor that does not block. False at its end.
    bool read_from(int fd);

private:
    void log_line(std::string_view line) const;

    request_rec* r_;
    server_rec* server_;
    std::string script_;
    std::string client_;
    std::string line_;
    std::size_t cost_ = 0;  // of line_ once escaped
    std::string kept_;
    std::size_t keep_;
};

}  // namespace cppcgi::module

#endif
