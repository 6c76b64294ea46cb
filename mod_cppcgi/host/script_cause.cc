#include "host/script_fault.h"

namespace cppcgi::host {

const char* message_number(ScriptCause cause) noexcept {
    switch (cause) {
        case ScriptCause::none:
            return "";
        case ScriptCause::missing:
            return "CPPCGI0352";
        case ScriptCause::not_searchable:
            return "CPPCGI0353";
        case ScriptCause::not_regular:
            return "CPPCGI0354";
        case ScriptCause::not_executable:
            return "CPPCGI0355";
        case ScriptCause::not_readable:
            return "CPPCGI0356";
        case ScriptCause::noexec_mount:
            return "CPPCGI0357";
        case ScriptCause::empty:
            return "CPPCGI0358";
        case ScriptCause::no_first_line:
            return "CPPCGI0359";
        case ScriptCause::byte_order_mark:
            return "CPPCGI0360";
        case ScriptCause::carriage_return:
            return "CPPCGI0361";
        case ScriptCause::first_line_too_long:
            return "CPPCGI0362";
        case ScriptCause::interpreter_missing:
            return "CPPCGI0363";
        case ScriptCause::interpreter_not_executable:
            return "CPPCGI0364";
        case ScriptCause::env_program_missing:
            return "CPPCGI0365";
        case ScriptCause::env_argument:
            return "CPPCGI0366";
        case ScriptCause::foreign_program:
            return "CPPCGI0367";
        case ScriptCause::not_a_program:
            return "CPPCGI0368";
        case ScriptCause::broken_program:
            return "CPPCGI0369";
        case ScriptCause::loader_missing:
            return "CPPCGI0370";
        case ScriptCause::library_missing:
            return "CPPCGI0371";
        case ScriptCause::busy:
            return "CPPCGI0372";
        case ScriptCause::too_large:
            return "CPPCGI0373";
        case ScriptCause::no_resources:
            return "CPPCGI0374";
        case ScriptCause::forbidden:
            return "CPPCGI0375";
        case ScriptCause::unexplained:
            return "CPPCGI0376";
    }
    return "";
}

}  // namespace cppcgi::host
