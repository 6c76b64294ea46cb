// Answer as the path behind them says: with errors, odd heads, and pages that break off.
#include <cppcgi.h>

#include <poll.h>

#include <charconv>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string>

namespace {

int number(std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

struct OfNoKnownKind {};

// Files without a name that this process has open below a folder.
int nameless_files(const std::string& folder) {
    namespace fs = std::filesystem;
    int count = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator("/proc/self/fd")) {
        std::error_code closed;
        const std::string file = fs::read_symlink(entry.path(), closed).string();
        count += file.starts_with(folder) && file.ends_with(" (deleted)");
    }
    return count;
}

}  // namespace

CPPCGI_HANDLER(trouble, req, res) {
    const std::string_view path = req.path_info(), query = req.query_string();
    res.content_type("text/plain");
    if (path == "/exception") throw std::out_of_range("nothing there");
    if (path == "/int") throw 42;
    if (path == "/memory") throw std::bad_alloc();
    if (path == "/odd") throw OfNoKnownKind{};
    if (path == "/error") throw cppcgi::Error(number(query), "as asked for");
    if (path == "/late") {
        res << "half a page";
        throw std::out_of_range("before anything has left");
    }
    if (path == "/half") {
        res << "half a page";
        res.flush();
        throw std::out_of_range("in the middle");
    }
    if (path == "/half-by-length") {
        res.header("Content-Length", "1000");
        res << "half a page";
        res.flush();
        throw std::out_of_range("in the middle");
    }
    if (path == "/split") res.header("X-Split", "a\r\nSet-Cookie: b=c");
    if (path == "/bare-newline") res.header("X-Split", "a\nb");
    if (path == "/bad-name") res.header("X Split", "a");
    if (path == "/bad-status") res.status(999);
    if (path == "/bad-length") res.header("Content-Length", "12 bytes");
    if (path == "/created") {
        res.status(201).header("X-Created", "yes");
        res << "created";
    }
    if (path == "/reason") res.status(404, "Not In My House");
    if (path == "/status") {
        res.status(number(query));
        res << "page";
    }
    if (path == "/too-short" || path == "/too-long") {
        res.header("Content-Length", "20");
        res << std::string(10, 'a');
        res.flush();
        if (path == "/too-long") res << std::string(15, 'b');
    }
    if (path == "/miscounted") {
        res.header("Content-Length", "3");
        res << "a page in one piece";
    }
    if (path == "/transfer") {
        res.header("Transfer-Encoding", "gzip");
        res << "page";
    }
    if (path == "/dated") {
        res.header("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT");
        res.header("ETag", "\"v1\"");
        res << "page";
    }
    if (path == "/large")
        res << std::string(static_cast<std::size_t>(number(query)), 'x');
    if (path == "/stream") {
        for (int i = 0; i < number(query); ++i) {
            res << "line " << i << "\n";
            res.flush();
        }
    }
    if (path == "/cookies") {
        res.add_header("Set-Cookie", "a=1").add_header("Set-Cookie", "b=2");
        res.add_header("Link", "</a>").add_header("Link", "</b>");
    }
    if (path == "/log") req.log(cppcgi::LogLevel::error, "a line\nof mine\t\x01");
    if (path == "/header-too-late") {
        res.flush();
        res.header("X-Late", "yes");
    }
}

CPPCGI_MAIN(trouble)

// The body's length, a space and the body.
CPPCGI_HANDLER(echo, req, res) {
    std::string body(std::istreambuf_iterator<char>(req.body()), {});
    res.content_type("application/octet-stream");
    if (req.body().bad()) throw cppcgi::Error(400, "the body broke off");
    res << body.size() << " " << body;
}

// Waits until the client has gone, at most the centiseconds of the query, and says so in
// the log.
CPPCGI_HANDLER(wait, req, res) {
    res << "waiting";
    res.flush();
    const int longest = number(req.query_string());
    for (int i = 0; i < longest && !req.aborted(); ++i) ::poll(nullptr, 0, 10);
    req.log(cppcgi::LogLevel::warn,
            req.aborted() ? "the client has gone" : "still there");
}

// Reads nothing.
CPPCGI_HANDLER(unread, req, res) {
    res.content_type("text/plain");
    res << "unread";
}

// How large the form is that it was sent.
CPPCGI_HANDLER(form, req, res) {
    const cppcgi::FieldStorage& form = req.form();
    res.content_type("text/plain");
    for (const cppcgi::Field& field : form)
        res << field.name() << "=" << field.size() << "\n";
}

// With bounds of its own.
CPPCGI_HANDLER(bounded, req, res) {
    cppcgi::FormOptions options;
    if (req.path_info() == "/fields") options.max_num_fields = 2;
    if (req.path_info() == "/length") options.maxlen = 10;
    res << cppcgi::FieldStorage(req, options).size();
}

// How many names it has, and in how many files it was spooled.
CPPCGI_HANDLER(spooled, req, res) {
    const cppcgi::FieldStorage& form = req.form();
    res.content_type("text/plain");
    res << form.size() << " fields, " << form.keys().size() << " names, "
        << nameless_files(req.limits().spool_dir) << " files";
}

CPPCGI_HANDLER(file, req, res) {
    res.send_file(std::string(req.param("file").value()));
}
