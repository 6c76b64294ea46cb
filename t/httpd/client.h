// An HTTP client over libcurl for tests: one connection that is kept, no proxies, no
// redirects followed, every request bounded in time. Owned by its test.
#ifndef CPPCGI_T_HTTPD_CLIENT_H
#define CPPCGI_T_HTTPD_CLIENT_H

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cppcgi_test {

struct Reply {
    CURLcode code = CURLE_OK;  // CURLE_OK also for status 500; CURLE_PARTIAL_FILE, ...
    std::string error;         // curl's words for it
    long status = 0;
    std::vector<std::pair<std::string, std::string>> headers;  // of the last head
    std::string body;

    // The first header of that name, in any case.
    std::optional<std::string> header(std::string_view name) const;
    std::vector<std::string> all(std::string_view name) const;
};

// A part of multipart/form-data. `filler` bytes of 'x' follow the data: a large file
// that takes no memory.
struct Part {
    std::string name;
    std::string data;
    std::optional<std::string> filename = std::nullopt;
    std::optional<std::string> type = std::nullopt;
    std::uint64_t filler = 0;
};

using Headers = std::vector<std::string>;  // "Name: value"; "Name:" removes curl's own

struct Question {
    std::string path = "/";
    std::string method = "GET";
    Headers headers = {};
    std::optional<std::string> body = std::nullopt;
    std::vector<Part> parts = {};  // multipart/form-data instead of body
    long version =
        CURL_HTTP_VERSION_1_1;  // CURL_HTTP_VERSION_1_0, ..._2_PRIOR_KNOWLEDGE
    bool chunked = false;       // the body without a Content-Length
    long timeout_ms = 20000;
};

class Client {
public:
    // `base` is "http://127.0.0.1:8080" or "https://...", whose certificate may be
    // self-signed.
    explicit Client(std::string base);

    Reply send(const Question& question);
    Reply get(const std::string& path, const Headers& headers = {});
    Reply head(const std::string& path, const Headers& headers = {});
    Reply post(const std::string& path, const std::string& body,
               const Headers& headers = {});  // urlencoded unless headers say another
    Reply upload(const std::string& path, const std::vector<Part>& parts,
                 const Headers& headers = {});

private:
    std::string base_;
    std::shared_ptr<CURL> curl_;
};

}  // namespace cppcgi_test

#endif
