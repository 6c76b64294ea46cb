// The part of Response that saves pages: validators, conditions, and how long they hold.
#include <cppcgi/request.h>
#include <cppcgi/response.h>

#include "core/call.h"
#include "core/preconditions.h"

namespace cppcgi {

namespace {

std::optional<std::string_view> request_header(const detail::Call& call,
                                               std::string_view name) {
    cppcgi_text value;
    if (!call.gateway->header(call.host, detail::to_c(name), &value)) return {};
    return detail::from_c(value);
}

std::string_view method_of(const detail::Call& call) {
    cppcgi_text value{};
    if (!call.gateway->variable(call.host, detail::to_c("REQUEST_METHOD"), &value))
        return {};
    return detail::from_c(value);
}

}  // namespace

Response& Response::cache_control(const CacheControl& rules) {
    return header("Cache-Control", rules.to_string());
}

Response& Response::expires(Time when) { return header("Expires", http_date(when)); }

Response& Response::etag(std::string_view tag, bool weak) {
    return header("ETag", detail::to_etag(tag, weak));
}

Response& Response::last_modified(Time when) {
    // RFC 9110 section 8.8.2.1: never later than the response itself.
    return header("Last-Modified",
                  http_date(std::min(when, std::chrono::system_clock::now())));
}

bool Response::not_modified(const Validators& validators) {
    std::string tag;
    if (!validators.etag.empty()) {
        tag = detail::to_etag(validators.etag, validators.weak);
        header("ETag", tag);
    }
    if (validators.last_modified) last_modified(*validators.last_modified);
    return answer_conditions(tag, validators.last_modified);
}

bool Response::answer_conditions(std::string_view etag,
                                 const std::optional<Time>& modified) {
    const detail::Conditions conditions = {
        .if_match = request_header(call_, "If-Match"),
        .if_none_match = request_header(call_, "If-None-Match"),
        .if_modified_since = request_header(call_, "If-Modified-Since"),
        .if_unmodified_since = request_header(call_, "If-Unmodified-Since")};
    switch (detail::check_conditions(method_of(call_), conditions, etag, modified,
                                     std::chrono::system_clock::now())) {
        case detail::Verdict::proceed:
            return false;
        case detail::Verdict::not_modified:
            status(304);
            return true;
        case detail::Verdict::failed:
            status(412);
            content_type("text/plain; charset=utf-8");
            write("The page is not what the request expects.\n");
            return true;
    }
    return false;
}

}  // namespace cppcgi
