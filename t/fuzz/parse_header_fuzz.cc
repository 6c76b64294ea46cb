// Header values with parameters. Invariants: the result is that of Python's algorithm as
// it stands in t/, and it comes back the same when it is quoted and read again.
#include <cppcgi/parse_header.h>

#include "t/parse_header_oracle.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// A quoted string that parse_header reads back, or nothing: as in Python, a backslash at
// the end takes the closing quote away.
std::string quoted(std::string_view value) {
    if (value.ends_with('\\')) return "";
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const cppcgi::ParsedHeader header = cppcgi::parse_header(line);
    std::string written = "v";
    for (const auto& [name, value] : header.params) {
        require(header.params.get(name) == value);
        written += "; a" + std::to_string(written.size()) + "=" + quoted(value);
    }
    if (size < 4096) {  // the oracle is quadratic
        const auto [value, params] =
            cppcgi_test::python_parse_header(std::string(line));
        require(header.value == value && header.params.size() == params.size());
        for (const auto& [name, text] : params)
            require(header.params.get(name) == text);
    }
    const cppcgi::ParsedHeader again = cppcgi::parse_header(written);
    require(again.value == "v" && again.params.size() == header.params.size());
    auto before = header.params.begin();
    for (const auto& [name, value] : again.params) {
        const std::string& expected = (before++)->second;
        require(value == (expected.ends_with('\\') ? "" : expected));
    }
    return 0;
}
