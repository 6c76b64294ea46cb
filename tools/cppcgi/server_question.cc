#include "tools/cppcgi/server_question.h"

#include <cppcgi/escape.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace cppcgi::tools {

namespace {

constexpr int seconds_allowed = 20;
constexpr std::size_t longest_answer = 4u << 20;

class Connection {
public:
    explicit Connection(const Url& url) {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        addrinfo* found = nullptr;
        std::string host = url.host;
        if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
        if (const int error =
                ::getaddrinfo(host.c_str(), url.port.c_str(), &hints, &found))
            throw std::runtime_error("the host " + host +
                                     " is not known: " + ::gai_strerror(error));
        int error = 0;
        for (const addrinfo* at = found; at && fd_ < 0; at = at->ai_next) {
            fd_ = ::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0);
            const timeval bound = {seconds_allowed, 0};
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
            ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
            if (::connect(fd_, at->ai_addr, at->ai_addrlen) == 0) continue;
            error = errno;
            ::close(fd_);
            fd_ = -1;
        }
        ::freeaddrinfo(found);
        if (fd_ < 0)
            throw std::runtime_error("no server answers at " + url.host + ":" +
                                     url.port + " (" + std::strerror(error) +
                                     "); start it, or name its status page with "
                                     "--status");
    }
    ~Connection() { ::close(fd_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    std::string exchange(std::string_view request) {
        while (!request.empty()) {
            const ssize_t sent =
                ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
            if (sent <= 0) throw std::runtime_error("the server takes no request");
            request.remove_prefix(static_cast<std::size_t>(sent));
        }
        std::string answer;
        char piece[8192];
        ssize_t size = 0;
        while (answer.size() < longest_answer &&
               (size = ::recv(fd_, piece, sizeof piece, 0)) > 0)
            answer.append(piece, static_cast<std::size_t>(size));
        if (size < 0) throw std::runtime_error("the server does not answer in time");
        return answer;
    }

private:
    int fd_ = -1;
};

// The body of what the page answers, of that type and with that start.
std::string fetch(const Url& page, const std::string& target, const std::string& host,
                  const std::string& type, const std::string& start) {
    const std::string name =
        page.scheme + "://" + page.host + ":" + page.port + page.path;
    if (page.scheme != "http")
        throw std::runtime_error(name +
                                 " is asked without TLS; name the status page "
                                 "under http:// with --status");
    Connection connection(page);
    const std::string answer =
        connection.exchange("GET " + target + " HTTP/1.0\r\nHost: " + host +
                            "\r\nConnection: close\r\n\r\n");
    const std::size_t body = answer.find("\r\n\r\n");
    if (!answer.starts_with("HTTP/") || body == std::string::npos)
        throw std::runtime_error("what answers at " + name + " is no web server");
    const std::string status = answer.substr(answer.find(' ') + 1, 3);
    if (status == "404")
        throw std::runtime_error(
            "there is no status page at " + name +
            "; add SetHandler cppcgi-status, or name the page with "
            "--status");
    if (status == "401" || status == "403")
        throw std::runtime_error("you may not read " + name + " (" + status +
                                 "); ask from a host that its Require allows");
    if (status != "200") throw std::runtime_error(name + " answers " + status);
    const bool is_ours = answer.substr(0, body).find(type) != std::string::npos &&
                         answer.compare(body + 4, start.size(), start) == 0;
    if (!is_ours)
        throw std::runtime_error(name +
                                 " is no status page of mod_cppcgi; name it with "
                                 "--status");
    return answer.substr(body + 4);
}

std::string host_of(const Url& url) {
    const bool is_default = url.port == (url.scheme == "https" ? "443" : "80");
    return url.host + (is_default ? "" : ":" + url.port);
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
