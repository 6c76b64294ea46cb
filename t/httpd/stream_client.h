// A client that sees each piece of a response when it arrives, over HTTP/1.1 or HTTP/2,
// decoded when it was compressed.
#ifndef CPPCGI_T_HTTPD_STREAM_CLIENT_H
#define CPPCGI_T_HTTPD_STREAM_CLIENT_H

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cppcgi_test {

struct StreamQuestion {
    std::string url;
    long version = CURL_HTTP_VERSION_1_1;
    bool compressed = false;
    long timeout_ms = 30000;
};

// Calls `arrived` with each piece; it returns false to leave. Returns curl's code, with
// Content-Encoding as it was in `encoding`.
inline CURLcode stream(const StreamQuestion& question,
                       std::function<bool(std::string_view)> arrived,
                       std::string* encoding = nullptr) {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                   curl_easy_cleanup);
    if (!curl) throw std::runtime_error("curl_easy_init");
    using Arrived = std::function<bool(std::string_view)>;
    const auto take = +[](char* data, std::size_t, std::size_t size, void* argument) {
        return (*static_cast<Arrived*>(argument))({data, size}) ? size : 0;
    };
    const auto look = +[](char* data, std::size_t, std::size_t size, void* argument) {
        const std::string_view line(data, size);
        const std::string_view name = "content-encoding: ";
        if (argument && line.size() > name.size() + 2 &&
            curl_strnequal(data, name.data(), name.size()))
            *static_cast<std::string*>(argument) =
                line.substr(name.size(), line.size() - name.size() - 2);
        return size;
    };
    curl_easy_setopt(curl.get(), CURLOPT_URL, question.url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, question.timeout_ms);
    curl_easy_setopt(curl.get(), CURLOPT_HTTP_VERSION, question.version);
    if (question.compressed)
        curl_easy_setopt(curl.get(), CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &arrived);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, look);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, encoding);
    return curl_easy_perform(curl.get());
}

}  // namespace cppcgi_test

#endif
