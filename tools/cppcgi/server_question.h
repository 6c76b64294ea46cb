// Asks the status page of a running server what serves a URL.
#ifndef CPPCGI_TOOLS_CPPCGI_SERVER_QUESTION_H
#define CPPCGI_TOOLS_CPPCGI_SERVER_QUESTION_H

#include <string>

namespace cppcgi::tools {

struct Url {
    std::string scheme;  // "http" or "https"
    std::string host;    // of a literal IPv6 address with its brackets
    std::string port;
    std::string path;  // with its query; "/" at least
};

// Throws std::runtime_error when it is none.
Url parse_url(const std::string& text);

// What `?explain=` answers for the URL, as JSON or as text. `status_page` is the URL of the
// page; empty: /cppcgi-status of the same server. Throws std::runtime_error with a sentence
// that says what to do.
std::string ask_server(const Url& url, const std::string& status_page, bool as_json);

// The statistics, as JSON. Throws likewise.
std::string read_status(const std::string& status_page);

}  // namespace cppcgi::tools

#endif
