#include "gateway/memory.h"

#include <cppcgi/escape.h>

#include "core/characters.h"

#include <algorithm>
#include <cstdlib>

namespace cppcgi::program {

namespace {

// "a=1; Path=/" as its name and value.
std::pair<std::string, std::string> cookie_of(std::string_view value) {
    const std::string_view pair = value.substr(0, value.find(';'));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    return {std::string(pair.substr(0, equals)),
            std::string(pair.substr(std::min(equals + 1, pair.size())))};
}

}  // namespace

MemoryEnvironment::MemoryEnvironment(const MemoryRequest& request) {
    for (const auto& [name, value] : request.options.environ) add(name, value);
    add("GATEWAY_INTERFACE", "CGI/1.1");
    add("REQUEST_METHOD", request.method);
    add_url(request.url);
    add("SERVER_PROTOCOL", "HTTP/1.1");
    add("SERVER_NAME", "localhost");
    add("SERVER_PORT", "80");
    add("SERVER_SOFTWARE", "memory");
    add("REMOTE_ADDR", "127.0.0.1");
    add_headers(request);
    for (const auto& [name, value] : request.options.params)
        add("CPPCGI_PARAM_" + name, value);
    add_limits(request.options.limits);
    for (const std::string& entry : owned_) entries_.push_back(entry.c_str());
    entries_.push_back(nullptr);
}

void MemoryEnvironment::add(std::string_view name, std::string_view value) {
    std::string entry = std::string(name) + "=";
    // What the options say of it goes first.
    for (const std::string& known : owned_)
        if (known.starts_with(entry)) return;
    owned_.push_back(std::move(entry.append(value)));
}

void MemoryEnvironment::add_url(std::string_view url) {
    const std::size_t question = std::min(url.find('?'), url.size());
    const std::string path = unquote(url.substr(0, question));
    const std::size_t slash = std::min(path.find('/', 1), path.size());
    add("QUERY_STRING", url.substr(std::min(question + 1, url.size())));
    add("REQUEST_URI", url);
    add("SCRIPT_NAME",
        path == "/" ? std::string_view{} : std::string_view(path).substr(0, slash));
    if (path == "/") add("PATH_INFO", "/");
    if (slash != path.size()) add("PATH_INFO", std::string_view(path).substr(slash));
}

void MemoryEnvironment::add_headers(const MemoryRequest& request) {
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
        add("CONTENT_LENGTH", std::to_string(request.body.size()));
    for (const auto& [name, value] : request.options.headers)
        add(variable_of_header(name), value);
    std::string cookies;
    for (const auto& [name, value] : request.options.cookies)
        cookies.append(cookies.empty() ? "" : "; ")
            .append(name)
            .append("=")
            .append(value);
    if (!cookies.empty()) add("HTTP_COOKIE", cookies);
}

void MemoryEnvironment::add_limits(const Limits& limits) {
    add("CPPCGI_MAX_BODY", std::to_string(limits.max_body));
    add("CPPCGI_MAX_FIELD", std::to_string(limits.max_field));
    add("CPPCGI_MAX_FILE", std::to_string(limits.max_file));
    add("CPPCGI_MAX_MEMORY", std::to_string(limits.max_memory));
    add("CPPCGI_MAX_FIELDS", std::to_string(limits.max_fields));
    add("CPPCGI_MAX_PART_HEADER", std::to_string(limits.max_part_header));
    add("CPPCGI_MAX_NESTING", std::to_string(limits.max_nesting));
    add("CPPCGI_SPOOL_DIR", limits.spool_dir);
}

MemoryCall::MemoryCall(std::string_view name, const MemoryRequest& request,
                       const MemoryEnvironment& environment_entries)
    : ProgramCall(name, environment_entries.entries()),
      request_(request),
      unread_(request.body) {
    arguments_ = query_arguments(
        environment().variable("QUERY_STRING").value_or(std::string_view{}));
}

int MemoryCall::read(cppcgi_text& slice) {
    if (unread_.empty()) return request_.body_end;
    const std::string_view next = unread_.substr(0, request_.slice);
    unread_.remove_prefix(next.size());
    slice = {next.data(), next.size()};
    return CPPCGI_READ_DATA;
}

bool MemoryCall::send(std::string_view head, std::string_view body, unsigned flags) {
    head_ += head;
    body_ += body;
    writes_.push_back(flags);
    return !aborted();
}

void MemoryCall::log_line(int, std::string_view line) {
    log_.append(line).append("\n");
}

testing::Page MemoryCall::page() const {
    testing::Page page;
    page.body = body_;
    page.log = log_;
    page.head = head_.substr(0, head_.size() - std::min<std::size_t>(head_.size(), 2));
    for (std::string_view rest = page.head; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(line.size() + 2);
        const std::size_t colon = line.find(": ");
        page.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    // The first line is "Status: 200 OK", but for a local redirect, which has none.
    if (!page.headers.empty() && page.headers.front().first == "Status") {
        page.status = std::atoi(page.headers.front().second.c_str());
        page.headers.erase(page.headers.begin());
    }
    for (const auto& [name, value] : page.headers)
        if (detail::equal_no_case(name, "Set-Cookie"))
            page.cookies.push_back(cookie_of(value));
    return page;
}

}  // namespace cppcgi::program
