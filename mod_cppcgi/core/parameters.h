// Parameters of Content-Type and Content-Disposition, read strictly: a quoted string is
// one (RFC 9110 section 5.6.6), only \" and \\ are unescaped so that Windows paths
// survive. What browsers before 2012 sent, a bare " inside the quotes, is read as Python
// does. parse_header() is Python's own splitter; this one is for part heads. No state.
#ifndef CPPCGI_CORE_PARAMETERS_H
#define CPPCGI_CORE_PARAMETERS_H

#include <string>
#include <string_view>

namespace cppcgi::detail {

struct Parameter {
    std::string_view name;   // as sent
    std::string_view value;  // without quotes, not unescaped
    bool has_value = false;  // "=" was there
    bool quoted = false;
    bool escaped = false;  // a backslash is in a quoted value
    bool broken = false;   // a quote that does not end, or text behind it
};

// Views of the header value, which it does not own.
class ParameterReader {
public:
    // Takes a whole header value and splits off what stands before the first ";".
    explicit ParameterReader(std::string_view header) noexcept;

    std::string_view main() const noexcept { return main_; }
    // False at the end. Linear in the header over all calls.
    bool next(Parameter& parameter) noexcept;

private:
    std::string_view main_;
    std::string_view rest_;  // begins behind a ";"
    bool more_ = false;
};

// \" and \\ replaced; every other backslash stays.
void unescape(std::string_view value, std::string& text);

std::string_view trim(std::string_view text) noexcept;                // SP, TAB, CR, LF
bool equals_nocase(std::string_view a, std::string_view b) noexcept;  // ASCII
bool is_multipart(std::string_view media_type) noexcept;

}  // namespace cppcgi::detail

#endif
