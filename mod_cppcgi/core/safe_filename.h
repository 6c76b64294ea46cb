// A file name that is safe to join to a directory, from what a client calls its file.
#ifndef CPPCGI_CORE_SAFE_FILENAME_H
#define CPPCGI_CORE_SAFE_FILENAME_H

#include <string>
#include <string_view>

namespace cppcgi::detail {

std::string safe_filename(std::string_view filename);

}  // namespace cppcgi::detail

#endif
