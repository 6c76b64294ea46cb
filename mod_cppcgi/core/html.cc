#include <cppcgi/html.h>

#include "core/html_writer.h"

namespace cppcgi::detail {

namespace {

constexpr std::string_view unsafe_schemes[] = {"javascript", "vbscript", "data"};

}  // namespace

bool has_unsafe_scheme(std::string_view url) noexcept {
    // The scheme as a browser reads it: control characters and spaces before it, and tabs
    // and line ends anywhere, are skipped (URL standard, section 4.4).
    char scheme[16];
    std::size_t size = 0;
    for (const char character : url) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte <= ' ') continue;
        if (character == ':') {
            const std::string_view found(scheme, size);
            for (const std::string_view unsafe : unsafe_schemes)
                if (found == unsafe) return true;
            return false;
        }
        if (character == '/' || character == '?' || character == '#') return false;
        if (size == sizeof scheme) return false;
        scheme[size++] =
            static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
    }
    return false;
}

void append_html(std::string& out, const HtmlPiece* pieces, const HtmlValue* values,
                 std::size_t count) {
    StringSink sink{out};
    write_html(sink, pieces, values, count);
}

}  // namespace cppcgi::detail
