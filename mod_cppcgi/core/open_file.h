// Opens the file of a response: by a path its author knows, or by a name that came with
// the request and must not lead out of a folder.
#ifndef CPPCGI_CORE_OPEN_FILE_H
#define CPPCGI_CORE_OPEN_FILE_H

#include "core/descriptor.h"

#include <string>
#include <string_view>

namespace cppcgi::detail {

// Both throw Error: 404 when there is no such regular file that may be read, 500 when the
// process is short of something.
Descriptor open_file(const std::string& path);

// `name` is taken from `root` on, with or without a leading slash. Nothing outside root is
// opened, whatever changes meanwhile: a name with "..", NUL or an empty one is no file, and
// a link leads nowhere when it leaves root.
Descriptor open_beneath(const std::string& root, std::string_view name);

// The same where the kernel has no openat2 (before 5.6, or forbidden): component by
// component, and no link is followed. Here for its test.
Descriptor walk_beneath(int root, std::string_view name) noexcept;

}  // namespace cppcgi::detail

#endif
