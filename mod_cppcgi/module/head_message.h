// What the error log says of a script's head that is refused, beside text(fault).
#ifndef CPPCGI_MODULE_HEAD_MESSAGE_H
#define CPPCGI_MODULE_HEAD_MESSAGE_H

#include "core/script_head.h"

namespace cppcgi::module {

const char* message_number(HeadFault fault) noexcept;
const char* remedy(HeadFault fault) noexcept;

}  // namespace cppcgi::module

#endif
