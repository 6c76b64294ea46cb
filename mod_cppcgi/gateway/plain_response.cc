#include "gateway/plain_response.h"

#include "core/characters.h"
#include "core/head.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace cppcgi::program {

namespace {

std::string_view view(const cppcgi_text& text) noexcept {
    return {text.data, text.size};
}

std::optional<std::int64_t> parse_length(std::string_view text) noexcept {
    std::int64_t length = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc{} || length < 0) return {};
    return length;
}

}  // namespace

void PlainResponse::take_head(const cppcgi_head& head) {
    std::vector<cppcgi_pair> fields;
    for (std::size_t i = 0; i < head.header_count; ++i) {
        const cppcgi_pair& field = head.headers[i];
        if (detail::equal_no_case(view(field.name), "Transfer-Encoding")) continue;
        if (detail::equal_no_case(view(field.name), "Content-Length")) {
            declared_ = parse_length(view(field.value));
        } else {
            fields.push_back(field);
        }
    }
    cppcgi_head plain = head;
    plain.headers = fields.data();
    plain.header_count = fields.size();
    detail::append_cgi_head(head_, plain);
    head_.resize(head_.size() - 2);  // the blank line comes behind the length
    is_pending_ = true;
    is_empty_ = head.status == 204 || head.status == 304;
    left_ = declared_.value_or(0);
}

std::string PlainResponse::head_before(std::uint64_t size, unsigned flags) {
    if (!is_pending_) return {};
    is_pending_ = false;
    if (flags & CPPCGI_WRITE_END) declared_ = left_ = static_cast<std::int64_t>(size);
    if (declared_ && !is_empty_)
        head_.append("Content-Length: ")
            .append(std::to_string(*declared_))
            .append("\r\n");
    return std::move(head_.append("\r\n"));
}

std::uint64_t PlainResponse::admit(std::uint64_t size) {
    const auto room = static_cast<std::uint64_t>(std::max<std::int64_t>(left_, 0));
    left_ -= static_cast<std::int64_t>(size);
    if (is_empty_ || without_body_) return 0;
    return declared_ ? std::min(size, room) : size;
}

}  // namespace cppcgi::program
