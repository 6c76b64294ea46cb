// Text in the encodings a form may have, to UTF-8. No state; any thread.
#ifndef CPPCGI_CORE_DECODE_H
#define CPPCGI_CORE_DECODE_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cppcgi::detail {

enum class Encoding : std::uint8_t { utf8, latin1, ascii, utf16le, utf16be };
enum class OnError : std::uint8_t { strict, replace, ignore };

// By the names Python knows them under, in any case, "_" as good as "-".
std::optional<Encoding> encoding_named(std::string_view name) noexcept;
std::optional<OnError> on_error_named(std::string_view name) noexcept;

// True when the bytes, decoded, are the same bytes: nothing to convert or to replace.
bool is_text_already(std::string_view bytes, Encoding encoding) noexcept;

// Appends the text to `text`. U+FFFD stands for each longest piece that could begin a
// character, as in Python and the WHATWG's standard. False when on_error is strict and
// the encoding does not know some bytes.
bool decode(std::string_view bytes, Encoding encoding, OnError on_error,
            std::string& text);

}  // namespace cppcgi::detail

#endif
