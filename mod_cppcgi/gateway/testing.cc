#include <cppcgi/testing.h>

#include <cppcgi/escape.h>

#include "core/characters.h"
#include "gateway/memory.h"
#include "gateway/program_life.h"

#include <algorithm>
#include <stdexcept>

namespace cppcgi::testing {

namespace {

// A list that static objects of test programs add to before main(). Nothing in it has to
// be destroyed.
constinit const TestedHandler* first_handler = nullptr;

using Pair = Pairs::value_type;

std::optional<std::string_view> find(const Pairs& pairs, std::string_view name) {
    const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const Pair& pair) {
        return detail::equal_no_case(pair.first, name);
    });
    if (found == pairs.end()) return {};
    return found->second;
}

const TestedHandler& handler_for(std::string_view url) {
    std::string_view name = url.substr(url.starts_with('/') ? 1 : 0);
    name = name.substr(0, name.find_first_of("/?"));
    for (const auto* handler = first_handler; handler; handler = handler->next)
        if (handler->name == name) return *handler;
    if (first_handler && !first_handler->next) return *first_handler;
    throw std::invalid_argument("no handler for " + std::string(url) +
                                ": name it with CPPCGI_TEST_HANDLER");
}

void set_cookie(Pairs& cookies, const Pair& cookie) {
    std::erase_if(cookies, [&](const Pair& old) { return old.first == cookie.first; });
    if (!cookie.second.empty()) cookies.push_back(cookie);
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    // As browsers write them (HTML's multipart/form-data encoding algorithm).
    for (const char c : text)
        out += c == '"'    ? "%22"
               : c == '\n' ? "%0A"
               : c == '\r' ? "%0D"
                           : std::string(1, c);
    return out + "\"";
}

std::string multipart_of(const std::vector<Part>& parts, std::string_view boundary) {
    std::string body;
    for (const Part& part : parts) {
        body.append("--").append(boundary);
        body += "\r\nContent-Disposition: form-data; name=" + quoted(part.name);
        if (part.filename) body += "; filename=" + quoted(*part.filename);
        if (part.type) body += "\r\nContent-Type: " + *part.type;
        body += "\r\n\r\n" + part.content + "\r\n";
    }
    return body.append("--").append(boundary).append("--\r\n");
}

Options with_type(const Options& options, std::string type) {
    Options changed = options;
    if (!find(options.headers, "Content-Type"))
        changed.headers.emplace_back("Content-Type", std::move(type));
    return changed;
}

// What the tested file runs before its first call and after its last. Tests are no server:
// that is the end of the program.
struct TestedLife {
    TestedLife() {
        if (const std::string failure = program::start_program(); !failure.empty())
            throw std::runtime_error(failure);
    }
    ~TestedLife() { program::stop_program(); }
};

}  // namespace

std::optional<std::string_view> Page::header(std::string_view name) const {
    return find(headers, name);
}

std::optional<std::string_view> Page::cookie(std::string_view name) const {
    for (const auto& [own, value] : cookies)
        if (own == name) return value;
    return {};
}

Page Client::get(std::string_view url, const Options& options) {
    return send("GET", url, {}, options);
}

Page Client::head(std::string_view url, const Options& options) {
    return send("HEAD", url, {}, options);
}

Page Client::post(std::string_view url, const Pairs& form, const Options& options) {
    return send("POST", url, urlencode(form),
                with_type(options, "application/x-www-form-urlencoded"));
}

Page Client::upload(std::string_view url, const std::vector<Part>& parts,
                    const Options& options) {
    constexpr std::string_view boundary = "----cppcgi-testing-7MA4YWxkTrZu0gW";
    return send(
        "POST", url, multipart_of(parts, boundary),
        with_type(options, "multipart/form-data; boundary=" + std::string(boundary)));
}

Page Client::send(std::string_view method, std::string_view url, std::string_view body,
                  const Options& options) {
    const TestedHandler& handler = handler_for(url);
    static const TestedLife life;
    program::MemoryRequest request = {.method = std::string(method),
                                      .url = std::string(url),
                                      .body = std::string(body),
                                      .options = options};
    request.options.cookies.insert(request.options.cookies.begin(), cookies_.begin(),
                                   cookies_.end());
    const program::MemoryEnvironment environment(request);
    program::MemoryCall call(handler.name, request, environment);
    const bool complete = call.run(handler.entry);
    Page page = call.page();
    page.complete = complete;
    for (const Pair& cookie : page.cookies) set_cookie(cookies_, cookie);
    return page;
}

TestedHandler::TestedHandler(const char* handler_name, cppcgi_entry handler_entry)
    : name(handler_name), entry(handler_entry), next(first_handler) {
    first_handler = this;
}

}  // namespace cppcgi::testing
