// What is said of a script whose head is refused, beside text(fault): in the error log and
// by the doctor.
#ifndef CPPCGI_CORE_HEAD_MESSAGE_H
#define CPPCGI_CORE_HEAD_MESSAGE_H

#include "core/script_head.h"

namespace cppcgi {

const char* message_number(HeadFault fault) noexcept;
const char* remedy(HeadFault fault) noexcept;

// Of a script that a signal ends, before its head is whole or after: by its own fault, for
// a limit on its resources, or by somebody else.
struct SignalMessage {
    const char* number;
    const char* remedy;
};
SignalMessage signal_message(int signal, bool has_head) noexcept;

// Of a script that says nothing for too long, before its head is whole or after.
const char* silence_number(bool has_head) noexcept;

}  // namespace cppcgi

#endif
