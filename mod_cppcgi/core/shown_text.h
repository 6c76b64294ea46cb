// Text of anybody's as a page may show it: UTF-8, without markup, and what is invisible or
// would turn the line around made visible.
#ifndef CPPCGI_CORE_SHOWN_TEXT_H
#define CPPCGI_CORE_SHOWN_TEXT_H

#include <string>
#include <string_view>

namespace cppcgi::detail {

// Appends the text for HTML content or a quoted attribute. Bytes that are no UTF-8 and
// controls become \xNN, characters that hide or reorder \u{NNNN}; line ends stay.
void append_shown(std::string& out, std::string_view text);

}  // namespace cppcgi::detail

#endif
