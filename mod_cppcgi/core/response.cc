#include <cppcgi/response.h>

#include "core/call.h"
#include "core/html_writer.h"

#include <cppcgi/ext_value.h>
#include <cppcgi/request.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace cppcgi {

using namespace std::string_view_literals;

Response& Response::status(int code, std::string_view reason) {
    call_.output.status(code, reason);
    return *this;
}

Response& Response::header(std::string_view name, std::string_view value) {
    call_.output.set_header(name, value);
    return *this;
}

Response& Response::add_header(std::string_view name, std::string_view value) {
    call_.output.add_header(name, value);
    return *this;
}

Response& Response::content_type(std::string_view type) {
    return header("Content-Type", type);
}

Response& Response::cookie(const Cookie& cookie) {
    if (const auto warning = cookie.warning()) {
        const cppcgi_log_record record = {sizeof record,
                                          static_cast<int>(LogLevel::warn), nullptr, 0,
                                          detail::to_c(*warning)};
        call_.gateway->log(call_.host, &record);
    }
    return add_header("Set-Cookie", cookie.to_string());
}

Response& Response::redirect(std::string_view location, int code) {
    if (code != 301 && code != 302 && code != 303 && code != 307 && code != 308)
        throw std::invalid_argument("no redirect has status " + std::to_string(code));
    status(code).header("Location", location);
    return html(
        "<!DOCTYPE html>\n<title>Moved</title>\n<p>See <a href=\"{}\">{}</a>.</p>\n",
        location, location);
}

void Response::internal_redirect(std::string_view location) {
    if (head_sent()) throw std::logic_error("a part of the response is out already");
    if (!location.starts_with('/') ||
        location.find_first_of("\r\n\0"sv) != location.npos)
        throw std::invalid_argument("no local path to redirect to: " +
                                    std::string(location));
    const cppcgi_gateway* gateway = call_.gateway;
    if (!CPPCGI_HAS(gateway, redirect) ||
        gateway->redirect(call_.host, detail::to_c(location)) != 0)
        throw std::logic_error("the host cannot redirect to " + std::string(location));
    call_.output.close();
}

Response& Response::retry_after(std::chrono::seconds pause) {
    return header("Retry-After",
                  std::to_string(std::max<std::int64_t>(pause.count(), 0)));
}

Response& Response::retry_after(Time when) {
    return header("Retry-After", http_date(when));
}

Response& Response::attachment(std::string_view filename) {
    return header("Content-Disposition", content_disposition("attachment", filename));
}

Response& Response::write(std::string_view bytes) {
    call_.output.write(bytes);
    return *this;
}

Response& Response::write_html(const detail::HtmlPiece* pieces,
                               const detail::HtmlValue* values, std::size_t count) {
    detail::write_html(call_.output, pieces, values, count);
    return *this;
}

std::ostream& Response::out() { return call_.output.stream(); }

Response& Response::flush() {
    call_.output.flush();
    return *this;
}

bool Response::head_sent() const noexcept { return call_.output.is_settled(); }

}  // namespace cppcgi
