// Writes a field's value to a file with a name. POSIX.
#ifndef CPPCGI_CORE_SAVE_AS_H
#define CPPCGI_CORE_SAVE_AS_H

#include <cppcgi/field.h>

#include <string>
#include <system_error>

namespace cppcgi::detail {

std::error_code save_as(const Field& field, const std::string& path,
                        Field::Existing existing);

}  // namespace cppcgi::detail

#endif
