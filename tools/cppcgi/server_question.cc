#include "tools/cppcgi/server_question.h"

#include <cppcgi/escape.h>

#include <algorithm>
#include <stdexcept>

#ifdef CPPCGI_HAVE_CURL
#include <curl/curl.h>

#include <memory>
#endif

namespace cppcgi::tools {

namespace {

std::string name_of(const Url& url) {
    return url.scheme + "://" + url.host + ":" + url.port + url.path;
}

std::string host_of(const Url& url) {
    const bool is_default = url.port == (url.scheme == "https" ? "443" : "80");
    return url.host + (is_default ? "" : ":" + url.port);
}

struct Answer {
    long status = 0;
    std::string type;
    std::string body;
};

#ifdef CPPCGI_HAVE_CURL

constexpr long seconds_allowed = 20;
constexpr std::size_t longest_answer = 4u << 20;

std::size_t keep(char* data, std::size_t size, std::size_t count, void* body) {
    auto& text = *static_cast<std::string*>(body);
    if (text.size() + size * count > longest_answer) return 0;
    text.append(data, size * count);
    return size * count;
}

// What it serves here is nobody else's, whatever its certificate says.
bool is_this_machine(const std::string& host) {
    return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

Answer get(const Url& page, const std::string& target, const std::string& host) {
    Answer answer;
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                   &curl_easy_cleanup);
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
        curl_slist_append(nullptr, ("Host: " + host).c_str()), &curl_slist_free_all);
    if (!curl || !headers) throw std::bad_alloc();
    const std::string url = page.scheme + "://" + page.host + ":" + page.port + target;
    char reason[CURL_ERROR_SIZE] = "";
    const long verify = is_this_machine(page.host) ? 0 : 1;
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl.get(), CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, seconds_allowed);
    curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYPEER, verify);
    curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYHOST, verify * 2);
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
    const CURLcode code = curl_easy_perform(curl.get());
    if (code != CURLE_OK)
        throw std::runtime_error("no server answers at " + page.host + ":" + page.port +
                                 " (" + (*reason ? reason : curl_easy_strerror(code)) +
                                 "); start it, or name its status page with --status");
    const char* type = nullptr;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    curl_easy_getinfo(curl.get(), CURLINFO_CONTENT_TYPE, &type);
    if (type) answer.type = type;
    return answer;
}

#else

Answer get(const Url&, const std::string&, const std::string&) {
    throw std::runtime_error(
        "this command was built without libcurl: it asks no server");
}

#endif

// The body of what the page answers, of that type and with that start.
std::string fetch(const Url& page, const std::string& target, const std::string& host,
                  const std::string& type, const std::string& start) {
    const std::string name = name_of(page);
    Answer answer = get(page, target, host);
    if (answer.status == 404)
        throw std::runtime_error(
            "there is no status page at " + name +
            "; add SetHandler cppcgi-status, or name the page with "
            "--status");
    if (answer.status == 401 || answer.status == 403)
        throw std::runtime_error("you may not read " + name + " (" +
                                 std::to_string(answer.status) +
                                 "); ask from a host that its Require allows");
    if (answer.status != 200)
        throw std::runtime_error(name + " answers " + std::to_string(answer.status));
    if (!answer.type.starts_with(type) || !answer.body.starts_with(start))
        throw std::runtime_error(name +
                                 " is no status page of mod_cppcgi; name it with "
                                 "--status");
    return std::move(answer.body);
}

}  // namespace

Url parse_url(const std::string& text) {
    Url url;
    const std::size_t colon = text.find("://");
    if (colon != std::string::npos) url.scheme = text.substr(0, colon);
    if (url.scheme != "http" && url.scheme != "https")
        throw std::runtime_error(text +
                                 " is no URL: it begins with neither http:// nor "
                                 "https://");
    const std::size_t start = colon + 3;
    const std::size_t slash = std::min(text.find_first_of("/?#", start), text.size());
    std::string authority = text.substr(start, slash - start);
    url.path = text.substr(slash, text.find('#', slash) - slash);
    if (!url.path.starts_with('/')) url.path.insert(0, "/");
    if (const std::size_t at = authority.rfind('@'); at != std::string::npos)
        authority.erase(0, at + 1);
    const std::size_t bracket = authority.rfind(']');
    const std::size_t port =
        authority.find(':', bracket == std::string::npos ? 0 : bracket);
    url.host = authority.substr(0, port);
    url.port = port == std::string::npos ? "" : authority.substr(port + 1);
    if (url.port.empty()) url.port = url.scheme == "https" ? "443" : "80";
    const std::string all = url.host + url.port + url.path;
    for (const char c : all)
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
            throw std::runtime_error(text + " is no URL: encode blanks and controls");
    if (url.host.empty()) throw std::runtime_error(text + " is no URL: it has no host");
    return url;
}

std::string ask_server(const Url& url, const std::string& status_page, bool as_json) {
    Url page = url;
    page.path = "/cppcgi-status";
    if (!status_page.empty()) page = parse_url(status_page);
    const std::string target =
        page.path + "?explain=" + quote(url.path, "/") + (as_json ? "&json" : "&text");
    // The virtual host is the URL's.
    return fetch(page, target, host_of(url),
                 as_json ? "application/json" : "text/plain",
                 as_json ? "{\"url\":" : "URL: ");
}

std::string read_status(const std::string& status_page) {
    const Url page = parse_url(status_page);
    return fetch(page, page.path + "?json", host_of(page), "application/json",
                 "{\"now\":");
}

}  // namespace cppcgi::tools
