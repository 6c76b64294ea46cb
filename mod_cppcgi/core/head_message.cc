#include "core/head_message.h"

#include <csignal>

namespace cppcgi {

const char* message_number(HeadFault fault) noexcept {
    switch (fault) {
        case HeadFault::empty:
            return "CPPCGI0400";
        case HeadFault::unfinished:
            return "CPPCGI0401";
        case HeadFault::line_too_long:
            return "CPPCGI0411";
        case HeadFault::head_too_long:
            return "CPPCGI0412";
        case HeadFault::too_many_fields:
            return "CPPCGI0413";
        case HeadFault::no_colon:
            return "CPPCGI0414";
        case HeadFault::bad_name:
            return "CPPCGI0415";
        case HeadFault::bad_value:
            return "CPPCGI0416";
        case HeadFault::folded:
            return "CPPCGI0417";
        case HeadFault::http_status_line:
            return "CPPCGI0418";
        case HeadFault::bad_status:
            return "CPPCGI0419";
        case HeadFault::status_not_final:
            return "CPPCGI0420";
        case HeadFault::status_out_of_range:
            return "CPPCGI0424";
        default:
            return "CPPCGI0410";
    }
}

const char* remedy(HeadFault fault) noexcept {
    switch (fault) {
        case HeadFault::empty:
            return "its stderr may tell why";
        case HeadFault::unfinished:
            return "print an empty line behind the headers";
        case HeadFault::line_too_long:
            return "a line may have 131072 bytes; let the script send less in one "
                   "header";
        case HeadFault::head_too_long:
            return "a head may have 524288 bytes; end it with an empty line";
        case HeadFault::too_many_fields:
            return "a head may have 1000 fields";
        case HeadFault::no_colon:
            return "write headers, an empty line, then the page; output before them "
                   "often "
                   "is an error message or a forgotten print";
        case HeadFault::http_status_line:
            return "write Status: 200 OK instead, or name the script nph-... when it "
                   "writes the whole response";
        case HeadFault::bad_status:
            return "write it as Status: 404 Not Found";
        case HeadFault::status_not_final:
        case HeadFault::status_out_of_range:
            return "use a status from 200 to 599";
        case HeadFault::folded:
            return "write the header in one line";
        default:
            return "write it as Name: value";
    }
}

SignalMessage signal_message(int signal, bool has_head) noexcept {
    switch (signal) {
        case SIGSEGV:
        case SIGBUS:
        case SIGFPE:
        case SIGILL:
        case SIGABRT:
        case SIGTRAP:
        case SIGSYS:
            return {has_head ? "CPPCGI0402" : "CPPCGI0409",
                    "it crashed: run it by hand, or under a debugger"};
        case SIGXCPU:
        case SIGXFSZ:
            return {has_head ? "CPPCGI0429" : "CPPCGI0427",
                    "it met a limit on its resources: RLimitCPU, or the size of files "
                    "that the service allows"};
        default:
            return {
                has_head ? "CPPCGI0430" : "CPPCGI0428",
                "somebody killed it: look into the kernel's log, for memory (SIGKILL, "
                "RLimitMEM) above all"};
    }
}

const char* silence_number(bool has_head) noexcept {
    return has_head ? "CPPCGI0404" : "CPPCGI0403";
}

}  // namespace cppcgi
