#include "core/urlencoded.h"

namespace cppcgi::detail {

bool is_separator(char c) noexcept {
    const bool alnum =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return !alnum && c != '\0' && c != '=' && c != '%' && c != '+';
}

}  // namespace cppcgi::detail
