#include "core/boundary.h"

#include <algorithm>
#include <cstddef>

#include "core/parameters.h"

namespace cppcgi::detail {
namespace {

constexpr std::size_t usual_size = 70;  // RFC 2046 section 5.1.1
constexpr std::size_t most = 200;       // as Python's cgi

bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_bchar(char c) {
    return is_alnum(c) ||
           std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }

}  // namespace

Result<Boundary> checked_boundary(std::string_view boundary) {
    if (boundary.size() > most) return errc::boundary_too_long;
    if (boundary.empty() || boundary.back() == ' ' ||
        std::any_of(boundary.begin(), boundary.end(), is_control)) {
        return errc::boundary_malformed;
    }
    Boundary result{std::string(boundary), boundary.size() > usual_size};
    result.unusual |= !std::all_of(boundary.begin(), boundary.end(), is_bchar);
    return result;
}

Result<Boundary> boundary_of(std::string_view content_type) {
    ParameterReader reader(content_type);
    Parameter found;
    for (Parameter parameter; reader.next(parameter);) {
        if (!parameter.has_value || !equals_nocase(parameter.name, "boundary"))
            continue;
        if (found.has_value) return errc::boundary_repeated;
        found = parameter;
    }
    if (!found.has_value) return errc::boundary_missing;
    // An unquoted comma joins two header values; a quote does not belong there either.
    if (found.broken ||
        (!found.quoted && found.value.find_first_of(",\"") != std::string_view::npos)) {
        return errc::boundary_malformed;
    }
    std::string text;
    if (found.escaped) {
        unescape(found.value, text);
    } else {
        text = found.value;
    }
    Result<Boundary> result = checked_boundary(text);
    if (result && text.find(',') != std::string::npos) result->unusual = true;
    return result;
}

}  // namespace cppcgi::detail
