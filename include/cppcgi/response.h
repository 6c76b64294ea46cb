// What a handler answers: one per call, made by the gateway, used by the thread that runs
// the handler. A small response leaves in one piece with its Content-Length when the
// handler returns; a larger one, or one that is flushed, streams.
#ifndef CPPCGI_RESPONSE_H
#define CPPCGI_RESPONSE_H

#include <cppcgi/api.h>
#include <cppcgi/caching.h>
#include <cppcgi/cookie.h>
#include <cppcgi/events.h>
#include <cppcgi/html.h>

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>

namespace cppcgi {

namespace detail {
struct Call;
}

// How send_fd() sends a file that is open.
struct FileOptions {
    // Tells the media type: "report.pdf".
    std::string_view name = {};
    // The part to send; to the end unless a length is given. A part has no validators.
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length = std::nullopt;
};

class CPPCGI_API Response {
public:
    explicit Response(detail::Call& call) noexcept : call_(call) {}
    Response(const Response&) = delete;
    Response& operator=(const Response&) = delete;

    // Status code, 200 to 599, and a reason of its own if need be. 200 unless called.
    // This and the next ones throw std::logic_error once the head is out.
    Response& status(int code, std::string_view reason = {});

    // Sets a header field, replacing one of the same name; only Set-Cookie is added to.
    // A head with a name that is no token or a value with CR, LF or NUL is refused as a
    // whole when it is due: the client gets 500, the log the name.
    Response& header(std::string_view name, std::string_view value);

    // Adds one more field line of that name.
    Response& add_header(std::string_view name, std::string_view value);

    // Content-Type; "text/html; charset=utf-8" unless called.
    Response& content_type(std::string_view type);

    // Adds a Set-Cookie. Throws Error when the cookie breaks its rules, and logs a warning
    // when browsers are known to drop it.
    Response& cookie(const Cookie& cookie);

    // Sends the client elsewhere: Location as given, absolute or relative, always with a
    // Status and a short page that links to it. Throws std::invalid_argument when the code
    // is not one of 301, 302, 303, 307 and 308.
    Response& redirect(std::string_view location, int code = 302);

    // Answers with what another URL of this server gives, fetched by GET without the client
    // knowing: "/path" or "/path?query". What was set and written before is dropped, and
    // what is written behind. Throws std::logic_error when a part of the response is out,
    // std::invalid_argument when it is no local path.
    void internal_redirect(std::string_view location);

    // Retry-After: with 503 and 429, or a redirect. For an Error: Error::retry_after().
    Response& retry_after(std::chrono::seconds pause);
    Response& retry_after(Time when);

    // How long caches may keep the page.
    Response& cache_control(const CacheControl& rules);
    Response& expires(Time when);

    // What tells whether the page has changed. The tag as in Validators; throws
    // std::invalid_argument when it holds what none can hold.
    Response& etag(std::string_view tag, bool weak = false);
    Response& last_modified(Time when);

    // Sets these, and answers the request's conditions (If-None-Match, If-Match,
    // If-Modified-Since, If-Unmodified-Since) when they spare the page. True when that has
    // been done, with 304 or 412: the handler returns at once.
    //
    //     if (res.not_modified({.etag = version})) return;
    [[nodiscard]] bool not_modified(const Validators& validators);

    // Content-Disposition: attachment with this name (UTF-8), in ASCII for old clients
    // and in RFC 8187 form for the others.
    Response& attachment(std::string_view filename);

    Response& write(std::string_view bytes);

    template <std::convertible_to<std::string_view> Text>
    Response& operator<<(const Text& text) {
        return write(text);
    }
    Response& operator<<(char character) { return write({&character, 1}); }

    // Numbers as std::to_chars writes them, whatever the locale; true and false as words.
    // Templates, so that a pointer is not taken for a bool.
    template <class Number>
    requires(std::integral<Number> || std::floating_point<Number>) Response& operator<<(
        Number value) {
        if constexpr (std::same_as<Number, bool>) {
            return write(value ? "true" : "false");
        } else {
            char text[64];
            auto end = std::to_chars(text, text + sizeof text, value).ptr;
            return write({text, static_cast<std::size_t>(end - text)});
        }
    }

    // Writes the format with each place {} replaced by an argument (text, a number, or Html)
    // that is escaped as its place needs: res.html("<a href=\"{}\">{}</a>", url, name). A
    // javascript:, vbscript: or data: URL becomes one that goes nowhere. Formats that cannot
    // be made safe do not compile (HtmlFormat).
    template <class... Args>
    Response& html(HtmlFormat<std::type_identity_t<Args>...> format,
                   const Args&... args) {
        const detail::HtmlValue values[] = {detail::HtmlValue(args)...,
                                            detail::HtmlValue('\0')};
        return write_html(format.pieces(), values, sizeof...(Args));
    }

    // Writes markup that is safe already.
    Response& operator<<(const Html& html) { return write(html.markup()); }

    // The body as a stream, for code that writes to one; shares order with write().
    std::ostream& out();

    // Sends the head if it is not out, and what was written so far, to the client now.
    Response& flush();

    // Starts a stream of server-sent events: see Events.
    Events events(const EventOptions& options = {});

    // Sends a whole file as the body, without reading it into memory. What the handler has
    // not set itself comes from the file: Content-Type as the server's configuration has
    // it, ETag and Last-Modified, and with them 304, 412, 206 and 416 where the request
    // asks for that. Throws Error 404 when the file cannot be opened or is no regular one.
    // Never give it an untrusted path.
    Response& send_file(const std::string& path);

    // The same for a name that came with the request, below a folder: gives nothing that
    // lies outside it, through ".." or links, even when they change meanwhile.
    Response& send_file(const std::string& root, std::string_view untrusted_name);

    // The same for a file that is open already; the descriptor stays the caller's, may be
    // shared between threads, and its position is neither used nor moved.
    Response& send_fd(int descriptor, const FileOptions& options = {});

    // True once a part of the response has left: its head cannot be changed any more.
    bool head_sent() const noexcept;

private:
    struct OpenFile;
    Response& send(OpenFile& file, const FileOptions& options);
    bool describe(const OpenFile& file, std::string_view name, bool is_whole);
    bool answer_conditions(std::string_view etag, const std::optional<Time>& modified);
    void set_unless_set(std::string_view name, std::string_view value);
    Response& write_html(const detail::HtmlPiece* pieces,
                         const detail::HtmlValue* values, std::size_t count);

    detail::Call& call_;
};

}  // namespace cppcgi

#endif
