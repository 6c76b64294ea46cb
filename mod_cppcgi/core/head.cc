#include "core/head.h"

#include "core/characters.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace cppcgi::detail {

namespace {

constexpr CharacterClass refused_in_values =
    character_class([](char c) { return is_control(c) && c != '\t'; });

std::string_view view(const cppcgi_text& text) noexcept {
    return {text.data, text.size};
}

bool is_clean(std::string_view text) noexcept {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return is_in(refused_in_values, c); });
}

// 18 digits fit any off_t.
bool is_length(std::string_view value) noexcept {
    return !value.empty() && value.size() <= 18 &&
           std::all_of(value.begin(), value.end(), is_digit);
}

std::span<const cppcgi_pair> headers(const cppcgi_head& head) noexcept {
    return {head.headers, head.header_count};
}

// Short, on one line, with every byte that is not printable ASCII as \xNN.
std::string shown(std::string_view text) {
    constexpr std::size_t enough = 80;
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const char c : text.substr(0, enough)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= ' ' && byte < 0x7f && c != '\\') {
            out += c;
        } else {
            out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return text.size() > enough ? out + "..." : out;
}

}  // namespace

HeadCheck check_head(const cppcgi_head& head) noexcept {
    if (head.status < 200 || head.status > 599) return {HeadFault::status};
    if (!is_clean(view(head.reason))) return {HeadFault::reason};
    bool has_length = false;
    for (std::size_t i = 0; i < head.header_count; ++i) {
        const std::string_view name = view(head.headers[i].name);
        const std::string_view value = view(head.headers[i].value);
        if (!is_token(name)) return {HeadFault::name, i};
        if (!is_clean(value)) return {HeadFault::value, i};
        if (!equal_no_case(name, "Content-Length")) continue;
        if (has_length || !is_length(value)) return {HeadFault::length, i};
        has_length = true;
    }
    return {};
}

std::string describe(const HeadCheck& check, const cppcgi_head& head) {
    switch (check.fault) {
        case HeadFault::none:
            return {};
        case HeadFault::status:
            return "status " + std::to_string(head.status) + " is not 200 to 599";
        case HeadFault::reason:
            return "the reason \"" + shown(view(head.reason)) +
                   "\" holds a control character";
        case HeadFault::name:
            return "the header name \"" + shown(view(head.headers[check.index].name)) +
                   "\" is not one of letters, digits and !#$%&'*+-.^_`|~";
        case HeadFault::length:
            return "the Content-Length \"" +
                   shown(view(head.headers[check.index].value)) +
                   "\" is no number of bytes, or the second one";
        case HeadFault::value:
            break;
    }
    const cppcgi_pair& header = head.headers[check.index];
    return "the value of header " + std::string(view(header.name)) +
           " holds CR, LF, NUL or another control character: \"" +
           shown(view(header.value)) + "\"";
}

void append_cgi_head(std::string& out, const cppcgi_head& head) {
    out.append("Status: ").append(std::to_string(head.status));
    if (head.reason.size != 0) out.append(" ").append(view(head.reason));
    out += "\r\n";
    for (const auto& [name, value] : headers(head)) {
        out.append(view(name)).append(": ").append(view(value)).append("\r\n");
    }
    out += "\r\n";
}

}  // namespace cppcgi::detail
