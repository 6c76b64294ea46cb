// Splitting a header value with parameters, such as Content-Type, as Python's
// cgi.parse_header does it: it never fails and never decodes (name* stays a parameter of
// that name; decode_ext_value in ext_value.h reads its value). The result owns its text.
// Upload filters should rather trust FieldStorage, which reads part heads strictly.
#ifndef CPPCGI_PARSE_HEADER_H
#define CPPCGI_PARSE_HEADER_H

#include <cppcgi/api.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cppcgi {

// Parameters in order of first appearance, names in lower case, each once: as in Python
// the last value wins.
class Parameters {
public:
    using value_type = std::pair<std::string, std::string>;

    Parameters() = default;
    explicit Parameters(std::vector<value_type> pairs) : pairs_(std::move(pairs)) {}

    // The value of `name` (given in lower case), which lives as long as this object.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const {
        for (const auto& [key, value] : pairs_) {
            if (key == name) return value;
        }
        return std::nullopt;
    }
    [[nodiscard]] std::string_view get(std::string_view name,
                                       std::string_view otherwise) const {
        return get(name).value_or(otherwise);
    }
    [[nodiscard]] bool contains(std::string_view name) const {
        return get(name).has_value();
    }

    [[nodiscard]] auto begin() const { return pairs_.begin(); }
    [[nodiscard]] auto end() const { return pairs_.end(); }
    [[nodiscard]] std::size_t size() const { return pairs_.size(); }
    [[nodiscard]] bool empty() const { return pairs_.empty(); }

private:
    std::vector<value_type> pairs_;
};

struct ParsedHeader {
    std::string value;  // in front of the first semicolon, in its own case
    Parameters params;
};

// auto [type, params] = parse_header("text/plain; charset=utf-8");
[[nodiscard]] CPPCGI_API ParsedHeader parse_header(std::string_view line);

}  // namespace cppcgi

#endif
