#include "gateway/environment.h"

#include <cppcgi/limits.h>

#include "core/characters.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace cppcgi::program {

namespace {

using Entry = std::pair<std::string_view, std::string_view>;

constexpr std::string_view header_prefix = "HTTP_";
constexpr std::string_view parameter_prefix = "CPPCGI_PARAM_";

Entry split(std::string_view entry) noexcept {
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) return {entry, {}};
    return {entry.substr(0, equals), entry.substr(equals + 1)};
}

cppcgi_text to_c(std::string_view text) noexcept { return {text.data(), text.size()}; }

constexpr char as_in_environment(char c) noexcept {
    return detail::is_alphanumeric(c) ? detail::to_lower(c) : '_';
}

bool same_parameter(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return as_in_environment(x) == as_in_environment(y);
    });
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{}) return {};
    if (rest == end) return value;
    const std::size_t unit = std::string_view("kmg").find(detail::to_lower(*rest));
    if (rest + 1 != end || unit == std::string_view::npos) return {};
    const auto shift = static_cast<unsigned>(10 * (unit + 1));
    if (value > std::numeric_limits<std::uint64_t>::max() >> shift) return {};
    return value << shift;
}

struct LimitName {
    std::string_view variable;
    std::uint64_t cppcgi_limits::*member;
};

constexpr LimitName limit_names[] = {
    {"CPPCGI_MAX_BODY", &cppcgi_limits::max_body},
    {"CPPCGI_MAX_FIELD", &cppcgi_limits::max_field},
    {"CPPCGI_MAX_FILE", &cppcgi_limits::max_file},
    {"CPPCGI_MAX_MEMORY", &cppcgi_limits::max_memory},
    {"CPPCGI_MAX_FIELDS", &cppcgi_limits::max_fields},
    {"CPPCGI_MAX_PART_HEADER", &cppcgi_limits::max_part_header},
};

void set_defaults(cppcgi_limits& limits) {
    const Limits defaults;
    limits.max_body = defaults.max_body;
    limits.max_field = defaults.max_field;
    limits.max_file = defaults.max_file;
    limits.max_memory = defaults.max_memory;
    limits.max_fields = defaults.max_fields;
    limits.max_part_header = defaults.max_part_header;
    limits.max_nesting = defaults.max_nesting;
    limits.spool_dir = {"", 0};
}

}  // namespace

std::string variable_of_header(std::string_view name) {
    const bool is_content = detail::equal_no_case(name, "Content-Type") ||
                            detail::equal_no_case(name, "Content-Length");
    std::string variable(is_content ? std::string_view{} : header_prefix);
    for (const char c : name) {
        const bool is_small = c >= 'a' && c <= 'z';
        variable += c == '-' ? '_' : is_small ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return variable;
}

std::string header_of_variable(std::string_view variable) {
    if (variable.starts_with(header_prefix)) {
        variable.remove_prefix(header_prefix.size());
    } else if (variable != "CONTENT_TYPE" && variable != "CONTENT_LENGTH") {
        return {};
    }
    std::string name;
    bool first = true;
    for (const char c : variable) {
        name += c == '_' ? '-' : first ? c : detail::to_lower(c);
        first = c == '_';
    }
    return name;
}

std::optional<std::string_view> Environment::variable(
    std::string_view name) const noexcept {
    for (const char* const* entry = entries_; *entry; ++entry) {
        const auto [variable, value] = split(*entry);
        if (variable == name) return value;
    }
    return {};
}

int Environment::each_variable(cppcgi_visit visit, void* argument) const {
    for (const char* const* entry = entries_; *entry; ++entry) {
        const auto [name, value] = split(*entry);
        if (const int stop = visit(argument, to_c(name), to_c(value))) return stop;
    }
    return 0;
}

std::optional<std::string_view> Environment::header(std::string_view name) const {
    return variable(variable_of_header(name));
}

int Environment::each_header(cppcgi_visit visit, void* argument) {
    for (const char* const* entry = entries_; *entry; ++entry) {
        const auto [variable, value] = split(*entry);
        std::string name = header_of_variable(variable);
        if (name.empty()) continue;
        const std::string& kept = header_names_.emplace_back(std::move(name));
        if (const int stop = visit(argument, to_c(kept), to_c(value))) return stop;
    }
    return 0;
}

std::optional<std::string_view> Environment::parameter(
    std::string_view name) const noexcept {
    for (const char* const* entry = entries_; *entry; ++entry) {
        const auto [variable, value] = split(*entry);
        if (variable.starts_with(parameter_prefix) &&
            same_parameter(variable.substr(parameter_prefix.size()), name))
            return value;
    }
    return {};
}

int Environment::each_parameter(cppcgi_visit visit, void* argument) const {
    for (const char* const* entry = entries_; *entry; ++entry) {
        const auto [variable, value] = split(*entry);
        if (!variable.starts_with(parameter_prefix)) continue;
        const std::string_view name = variable.substr(parameter_prefix.size());
        if (const int stop = visit(argument, to_c(name), to_c(value))) return stop;
    }
    return 0;
}

std::string_view Environment::read_limits(cppcgi_limits& limits) const noexcept {
    std::string_view refused;
    set_defaults(limits);
    for (const auto& [name, member] : limit_names) {
        const auto text = variable(name);
        if (!text) continue;
        const auto value = parse_bytes(*text);
        if (value) limits.*member = *value;
        if (!value) refused = name;
    }
    if (const auto text = variable("CPPCGI_MAX_NESTING")) {
        const auto value = parse_bytes(*text);
        const bool fits = value && *value <= std::numeric_limits<std::uint32_t>::max();
        if (fits) limits.max_nesting = static_cast<std::uint32_t>(*value);
        if (!fits) refused = "CPPCGI_MAX_NESTING";
    }
    if (const auto text = variable("CPPCGI_SPOOL_DIR")) limits.spool_dir = to_c(*text);
    return refused;
}

std::int64_t content_length(const Environment& environment) noexcept {
    const std::string_view text =
        environment.variable("CONTENT_LENGTH").value_or(std::string_view{});
    std::int64_t length = 0;
    if (text.empty()) return 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, length);
    return error == std::errc{} && rest == end && length >= 0 ? length : -1;
}

int log_level(const Environment& environment) noexcept {
    constexpr std::string_view names[] = {"error", "warn", "notice", "info", "debug"};
    const auto wanted = environment.variable("CPPCGI_LOG_LEVEL");
    const auto* const found = std::find(std::begin(names), std::end(names), wanted);
    return found == std::end(names) ? 6 : static_cast<int>(found - names) + 3;
}

}  // namespace cppcgi::program
