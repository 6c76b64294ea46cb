// What the compiler said, as a page: each error with the lines around it, the line itself
// marked, and all of the compiler's words below.
#ifndef CPPCGI_TOOLS_CPPCGI_BUILD_PAGE_H
#define CPPCGI_TOOLS_CPPCGI_BUILD_PAGE_H

#include <string>
#include <string_view>

namespace cppcgi::tools {

// `last_good` is the URL of the version before, or empty when there is none.
std::string build_page(std::string_view source, std::string_view compiler_words,
                       std::string_view last_good);

}  // namespace cppcgi::tools

#endif
