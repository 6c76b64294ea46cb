// What a handler answers: one per call, made by the gateway, used by the thread that runs
// the handler. A small response leaves in one piece with its Content-Length when the
// handler returns; a larger one, or one that is flushed, streams.
#ifndef CPPCGI_RESPONSE_H
#define CPPCGI_RESPONSE_H

#include <cppcgi/api.h>
#include <cppcgi/cookie.h>
#include <cppcgi/html.h>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>

namespace cppcgi {

namespace detail {
struct Call;
}

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

    // Sends the client elsewhere: Location as given, always with a Status (302 unless
    // 301, 303, 307 or 308 is asked for) and a short page that links to it.
    Response& redirect(std::string_view location, int code = 302);

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

    // Sends a whole file as the body, without reading it into memory. Throws Error 404
    // when it cannot be opened or is no regular file. Never give it an untrusted path.
    Response& send_file(const std::string& path);

    // True once a part of the response has left: its head cannot be changed any more.
    bool head_sent() const noexcept;

private:
    Response& write_html(const detail::HtmlPiece* pieces,
                         const detail::HtmlValue* values, std::size_t count);

    detail::Call& call_;
};

}  // namespace cppcgi

#endif
