// Pages for tests of what a response can be: files, streams, redirects, caching.
#include <cppcgi.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace cgi = cppcgi;
using namespace std::chrono_literals;

namespace {

std::string parameter(const cgi::Request& req, std::string_view name) {
    return std::string(req.param(name).value_or(std::string_view{}));
}

double now() {
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// Waits for a file that the client makes when it has seen something.
bool wait_for(const std::string& file) {
    for (int i = 0; i < 2000; ++i) {
        if (::access(file.c_str(), F_OK) == 0) return true;
        ::poll(nullptr, 0, 5);
    }
    return false;
}

std::string piece(int number) {
    char text[64];
    std::snprintf(text, sizeof text, "piece %d at %.3f", number, now());
    return text;
}

// Until the client has seen that piece, or, without CppCGIParam signals, a tenth of a
// second.
void wait_behind(const cgi::Request& req, int piece) {
    const std::string signals = parameter(req, "signals");
    if (signals.empty()) {
        std::this_thread::sleep_for(100ms);
    } else if (!wait_for(signals + std::to_string(piece))) {
        throw cgi::Error(500, "nobody saw piece " + std::to_string(piece));
    }
}

}  // namespace

// The file that the path behind names, below CppCGIParam root.
CPPCGI_HANDLER(beneath, req, res) {
    res.send_file(parameter(req, "root"), req.path_info());
}

// The same by a descriptor that all threads share.
CPPCGI_HANDLER(shared, req, res) {
    static const int descriptor =
        ::open(parameter(req, "file").c_str(), O_RDONLY | O_CLOEXEC);
    res.send_fd(descriptor, {.name = "shared.bin"});
}

CPPCGI_HANDLER(around, req, res) {
    res.content_type("text/plain") << "before ";
    res.send_file(parameter(req, "file")) << " behind";
}

// A file of 100000 bytes that has as many as the query says when it leaves.
CPPCGI_HANDLER(changing, req, res) {
    const std::string file = parameter(req, "changing");
    std::ofstream(file) << std::string(100000, 'a');
    res.send_file(file);
    std::filesystem::resize_file(file, std::stoul(std::string(req.query_string())));
}

CPPCGI_HANDLER(save, req, res) {
    res.attachment("na\xc3\xafve \xe2\x82\xac.txt").content_type("text/plain")
        << "text";
}

// Ten pieces; each holds the time of its writing.
CPPCGI_HANDLER(pieces, req, res) {
    res.content_type("text/plain").flush();
    for (int i = 0; i < 10; ++i) {
        res << piece(i) << "\n";
        res.flush();
        wait_behind(req, i);
    }
}

// The same as events.
CPPCGI_HANDLER(ticks, req, res) {
    auto events = res.events();
    for (int i = 0; i < 10; ++i) {
        events.send({.data = piece(i)});
        wait_behind(req, i);
    }
}

// Events with ids that go on from the client's last; the query says how many.
CPPCGI_HANDLER(events, req, res) {
    auto events = res.events({.keep_alive = 20ms});
    const std::string last(events.last_id());
    const int first = last.empty() ? 0 : std::stoi(last) + 1;
    const int count = std::stoi(std::string(req.query_string()));
    for (int i = first; i < first + count && events.wait(50ms); ++i)
        events.send(
            {.data = "line one\nline two", .event = "tick", .id = std::to_string(i)});
}

// Waits for a client to leave, and says when it has.
CPPCGI_HANDLER(endless, req, res) {
    auto events = res.events({.keep_alive = 50ms});
    events.send("hello");
    req.log(cgi::LogLevel::warn,
            events.wait(20s) ? "the listener is still there" : "the listener has left");
}

// Redirects as the query says: CODE=LOCATION, or internal=PATH.
CPPCGI_HANDLER(redirect, req, res) {
    const auto& form = req.form();
    if (auto path = form.getvalue("internal")) {
        res.header("X-Dropped", "yes") << "dropped";
        return res.internal_redirect(*path);
    }
    if (form.size() == 0) throw cgi::Error(400, "nowhere to go");
    const auto& field = *form.begin();
    res.redirect(field.value(), std::stoi(std::string(field.name())));
}

CPPCGI_HANDLER(methods, req, res) {
    req.allow({"GET", "PUT"});
    res << "page by " << req.method();
}

CPPCGI_HANDLER(busy, req, res) {
    throw cgi::Error(std::stoi(std::string(req.query_string())), "busy")
        .retry_after(7s);
}

// A page that is only made when the client does not have it.
CPPCGI_HANDLER(cached, req, res) {
    res.cache_control({.is_public = true, .max_age = 1min});
    if (res.not_modified({.etag = "v7", .last_modified = cgi::Time{} + 24h})) return;
    req.log(cgi::LogLevel::warn, "the page is made");
    res << "page";
}

// As many MB as the query says.
CPPCGI_HANDLER(large, req, res) {
    const int megabytes = std::stoi(std::string(req.query_string()));
    const std::string block(1 << 20, 'x');
    res.content_type("application/octet-stream");
    for (int i = 0; i < megabytes && !req.aborted(); ++i) res << block;
}

// The same, and says in the file of CppCGIParam written how far it is.
CPPCGI_HANDLER(flood, req, res) {
    const int megabytes = std::stoi(std::string(req.query_string()));
    const std::string block(1 << 20, 'x'), file = parameter(req, "written");
    res.content_type("application/octet-stream");
    for (int i = 1; i <= megabytes && !req.aborted(); ++i) {
        res << block;
        std::ofstream(file) << i;
    }
}
