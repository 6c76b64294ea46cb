#include "core/script_head.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace cppcgi {
namespace {

constexpr std::size_t shown = 200;

constexpr auto token_characters = [] {
    std::array<bool, 256> table{};
    for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
    for (unsigned c = 'A'; c <= 'Z'; ++c) table[c] = true;
    for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = true;
    for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}();

bool is_token(std::string_view name) noexcept {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return token_characters[static_cast<unsigned char>(c)];
    });
}

// Bytes from 0x80 pass: RFC 9110 calls them obs-text, and scripts send UTF-8.
bool has_control(std::string_view value) noexcept {
    return std::any_of(value.begin(), value.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
}

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view value) noexcept {
    while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
    while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
    return value;
}

bool same_name(std::string_view name, std::string_view lower) noexcept {
    return name.size() == lower.size() &&
           std::equal(name.begin(), name.end(), lower.begin(), [](char a, char b) {
               return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b;
           });
}

}  // namespace

const char* text(HeadFault fault) noexcept {
    switch (fault) {
        case HeadFault::none:
            return "no fault";
        case HeadFault::empty:
            return "the script wrote nothing";
        case HeadFault::unfinished:
            return "the output ended before the empty line that ends the head";
        case HeadFault::line_too_long:
            return "a header line is too long";
        case HeadFault::head_too_long:
            return "the head is too long";
        case HeadFault::too_many_fields:
            return "the head has too many fields";
        case HeadFault::no_colon:
            return "a line of the head has no colon";
        case HeadFault::bad_name:
            return "a header name holds a character that is not allowed in it";
        case HeadFault::bad_value:
            return "a header value holds a control character";
        case HeadFault::folded:
            return "a line of the head starts with a blank (folded headers are "
                   "refused)";
        case HeadFault::http_status_line:
            return "the head starts with an HTTP status line";
        case HeadFault::bad_status:
            return "Status is not three digits with an optional reason after a blank";
        case HeadFault::status_not_final:
            return "Status is below 200, which is never a final response";
        case HeadFault::status_out_of_range:
            return "Status is above 599";
    }
    return "unknown fault";
}

std::size_t ScriptHead::feed(std::string_view chunk) {
    const std::size_t offered = chunk.size();
    while (!chunk.empty() && !done_ && !refused()) {
        const void* found = std::memchr(chunk.data(), '\n', chunk.size());
        const bool ends = found != nullptr;
        const std::size_t here =
            ends ? static_cast<std::size_t>(static_cast<const char*>(found) -
                                            chunk.data()) +
                       1
                 : chunk.size();
        // One byte beyond the longest line with CR LF decides it, wherever chunks end.
        const std::size_t room = limits_.max_line + 3 - (bytes_.size() - line_);
        const std::size_t taken = std::min(here, room);
        bytes_.append(chunk.substr(0, taken));
        chunk.remove_prefix(taken);
        if (ends && taken == here) {
            end_line();
        } else if (taken == room) {
            refuse(HeadFault::line_too_long);
        }
    }
    return offered - chunk.size();
}

void ScriptHead::finish() noexcept {
    if (done_ || refused()) return;
    refuse(bytes_.empty() ? HeadFault::empty : HeadFault::unfinished);
}

// Scripts that were edited on Windows and print through a text layer end lines with
// CR CR LF; no CR before the LF means anything, so all of them go.
void ScriptHead::end_line() {
    std::string_view line(bytes_);
    line = line.substr(line_, line.size() - line_ - 1);
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.size() > limits_.max_line) return refuse(HeadFault::line_too_long);
    if (bytes_.size() > limits_.max_head) return refuse(HeadFault::head_too_long);
    if (line.empty()) {
        done_ = true;
        return;
    }
    take_field(line);
    if (!refused()) line_ = bytes_.size();
}

void ScriptHead::take_field(std::string_view line) {
    if (is_blank(line.front())) return refuse(HeadFault::folded);
    if (line_ == 0 && line.starts_with("HTTP/")) {
        return refuse(HeadFault::http_status_line);
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return refuse(HeadFault::no_colon);
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_token(name)) return refuse(HeadFault::bad_name);
    if (has_control(value)) return refuse(HeadFault::bad_value);
    if (same_name(name, "status")) return take_status(value);
    if (fields_.size() == limits_.max_fields) return refuse(HeadFault::too_many_fields);
    fields_.emplace_back(range(name), range(value));
}

void ScriptHead::take_status(std::string_view value) {
    const bool digits = value.size() >= 3 && is_digit(value[0]) && is_digit(value[1]) &&
                        is_digit(value[2]);
    if (!digits || (value.size() > 3 && !is_blank(value[3]))) {
        return refuse(HeadFault::bad_status);
    }
    const int status =
        (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
    if (status < 200) return refuse(HeadFault::status_not_final);
    if (status > 599) return refuse(HeadFault::status_out_of_range);
    status_ = status;
    reason_ = trimmed(value.substr(3));
}

std::string_view ScriptHead::offending_line() const noexcept {
    if (!refused()) return {};
    std::string_view line(bytes_);
    line.remove_prefix(line_);
    line = line.substr(0, shown);
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
        line.remove_suffix(1);
    }
    return line;
}

ScriptHead::Field ScriptHead::operator[](std::size_t index) const noexcept {
    return {view(fields_[index].first), view(fields_[index].second)};
}

ScriptHead::Range ScriptHead::range(std::string_view part) const noexcept {
    if (part.empty()) return {0, 0};
    return {static_cast<std::size_t>(part.data() - bytes_.data()), part.size()};
}

std::string_view ScriptHead::view(Range part) const noexcept {
    return std::string_view(bytes_).substr(part.begin, part.size);
}

}  // namespace cppcgi
