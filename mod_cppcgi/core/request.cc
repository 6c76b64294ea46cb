#include <cppcgi/request.h>

#include "core/call.h"

#include <charconv>
#include <streambuf>

namespace cppcgi {

namespace {

int collect_value(void* argument, cppcgi_text, cppcgi_text value) {
    static_cast<std::vector<std::string_view>*>(argument)->push_back(
        detail::from_c(value));
    return 0;
}

std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
    std::uint64_t length = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), length);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return {};
    return length;
}

// Reads the body in place, slice by slice as the host gives them.
class BodyBuffer final : public std::streambuf {
public:
    explicit BodyBuffer(BodySource& source) : source_(source) {}

private:
    int_type underflow() override {
        const auto slice = source_.next();
        // An istream turns an exception of its buffer into badbit, which tells a body
        // that broke off from one that ended.
        if (!slice) throw Error(slice.fault());
        if (slice->empty()) return traits_type::eof();
        char* begin =
            const_cast<char*>(slice->data());  // a get area is never written to
        setg(begin, begin, begin + slice->size());
        return traits_type::to_int_type(*begin);
    }

    BodySource& source_;
};

}  // namespace

void Request::allow(std::initializer_list<std::string_view> methods) {
    const std::string_view asked = method() == "HEAD" ? "GET" : method();
    std::string allowed;
    for (const std::string_view taken : methods) {
        if (taken == asked || taken == method()) return;
        allowed.append(taken).append(taken == "GET" ? ", HEAD, " : ", ");
    }
    allowed += "OPTIONS";
    if (asked != "OPTIONS")
        throw Error(405, "the method is not one of " + allowed)
            .header("Allow", allowed);
    call_.output.status(204, {});
    call_.output.set_header("Allow", allowed);
    throw detail::Answered{};
}

std::optional<std::string_view> Request::header(std::string_view name) const {
    cppcgi_text value;
    if (!call_.gateway->header(call_.host, detail::to_c(name), &value)) return {};
    return detail::from_c(value);
}

std::span<const std::string_view> Request::arguments() const {
    auto& arguments = call_.lazy().arguments;
    if (!arguments) {
        arguments.emplace();
        call_.gateway->each_argument(call_.host, collect_value, &*arguments);
    }
    return *arguments;
}

FormInput Request::form_input() {
    return {.method = method(),
            .content_type = environ_.get("CONTENT_TYPE"),
            .query_string = query_string(),
            .content_length = parse_length(environ_["CONTENT_LENGTH"]),
            .body = &call_.body};
}

const FieldStorage& Request::form(const FormOptions& options) {
    auto& form = call_.lazy().form;
    // Kept also when it is at fault: the body cannot be read twice.
    if (!form) form.emplace(FieldStorage::read(form_input(), limits(), options));
    if (const Fault fault = form->fault()) throw Error(fault);
    return *form;
}

const Cookies& Request::cookies() const {
    auto& cookies = call_.lazy().cookies;
    if (!cookies) cookies.emplace(header("Cookie").value_or(std::string_view{}));
    return *cookies;
}

std::istream& Request::body() {
    auto& lazy = call_.lazy();
    if (!lazy.body) {
        lazy.body_buffer = std::make_unique<BodyBuffer>(call_.body);
        lazy.body = std::make_unique<std::istream>(lazy.body_buffer.get());
    }
    return *lazy.body;
}

std::optional<std::string_view> Request::param(std::string_view name) const {
    cppcgi_text value;
    if (!call_.gateway->parameter(call_.host, detail::to_c(name), &value)) return {};
    return detail::from_c(value);
}

const Limits& Request::limits() const {
    auto& limits = call_.lazy().limits;
    if (limits) return *limits;
    cppcgi_limits record{};
    record.size = sizeof record;
    call_.gateway->limits(call_.host, &record);
    return limits.emplace(
        Limits{.max_body = record.max_body,
               .max_field = record.max_field,
               .max_file = record.max_file,
               .max_memory = record.max_memory,
               .max_fields = record.max_fields,
               .max_part_header = record.max_part_header,
               .max_nesting = record.max_nesting,
               .spool_dir = std::string(detail::from_c(record.spool_dir))});
}

void Request::log(LogLevel level, std::string_view message,
                  const SourcePlace& where) const {
    const cppcgi_log_record record = {sizeof record, static_cast<int>(level),
                                      where.file, where.line, detail::to_c(message)};
    call_.gateway->log(call_.host, &record);
}

bool Request::aborted() const noexcept {
    return call_.output.client_gone() || call_.gateway->aborted(call_.host) != 0;
}

}  // namespace cppcgi
