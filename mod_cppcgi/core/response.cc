#include <cppcgi/response.h>

#include "core/call.h"
#include "core/html_writer.h"

#include <cppcgi/ext_value.h>
#include <cppcgi/request.h>

#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace cppcgi {

namespace {

class Descriptor {
public:
    explicit Descriptor(int number) noexcept : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    explicit operator bool() const noexcept { return number_ >= 0; }
    int number() const noexcept { return number_; }

private:
    int number_;
};

}  // namespace

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
    status(code).header("Location", location);
    return html(
        "<!DOCTYPE html>\n<title>Moved</title>\n<p>See <a href=\"{}\">{}</a>.</p>\n",
        location, location);
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

Response& Response::send_file(const std::string& path) {
    const Descriptor file(
        ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat status {};
    if (!file || ::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode))
        throw Error(404, "no such file: " + path);
    if (call_.output.is_empty())
        header("Content-Length", std::to_string(status.st_size));
    call_.output.send_file(file.number(), 0,
                           static_cast<std::uint64_t>(status.st_size));
    return *this;
}

bool Response::head_sent() const noexcept { return call_.output.head_sent(); }

}  // namespace cppcgi
