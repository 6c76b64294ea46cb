#include "host/library_fault.h"

#include <cerrno>
#include <cstring>

namespace cppcgi::host {

LibraryFault not_regular_file(const std::string& file) {
    return {LibraryCause::not_regular,
            file + " is no regular file: name the library itself"};
}

LibraryFault cannot_open_file(const std::string& file, int error) {
    const std::string text = file + " cannot be opened: " + std::strerror(error);
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return {LibraryCause::missing,
                    text + "; check the path, a relative one is below ServerRoot"};
        case ENXIO:  // a socket
        case ENODEV:
            return not_regular_file(file);
        case EACCES:
        case EPERM:
            return {LibraryCause::unreadable,
                    text +
                        "; let the user that starts the server read it and search the "
                        "directories above it"};
        default:
            return {LibraryCause::unreadable,
                    text + "; put the library itself where the path leads"};
    }
}

const char* message_number(LibraryCause cause) noexcept {
    switch (cause) {
        case LibraryCause::none:
            return "";
        case LibraryCause::missing:
            return "CPPCGI0100";
        case LibraryCause::unreadable:
            return "CPPCGI0101";
        case LibraryCause::not_regular:
            return "CPPCGI0102";
        case LibraryCause::not_elf:
            return "CPPCGI0103";
        case LibraryCause::foreign_machine:
            return "CPPCGI0104";
        case LibraryCause::not_shared:
            return "CPPCGI0105";
        case LibraryCause::truncated:
            return "CPPCGI0106";
        case LibraryCause::no_cards:
            return "CPPCGI0107";
        case LibraryCause::malformed_card:
            return "CPPCGI0108";
        case LibraryCause::foreign_abi:
            return "CPPCGI0109";
        case LibraryCause::foreign_toolchain:
            return "CPPCGI0110";
        case LibraryCause::unknown_flags:
            return "CPPCGI0111";
        case LibraryCause::changing:
            return "CPPCGI0112";
        case LibraryCause::not_executable:
            return "CPPCGI0114";
        case LibraryCause::shared_file:
            return "CPPCGI0113";
        case LibraryCause::writable:
            return "CPPCGI0115";
        case LibraryCause::missing_dependency:
            return "CPPCGI0116";
        case LibraryCause::undefined_symbol:
            return "CPPCGI0117";
        case LibraryCause::static_tls:
            return "CPPCGI0118";
        case LibraryCause::cannot_open:
            return "CPPCGI0119";
        case LibraryCause::no_entry:
            return "CPPCGI0120";
        case LibraryCause::check_exited:
            return "CPPCGI0121";
        case LibraryCause::check_signalled:
            return "CPPCGI0122";
        case LibraryCause::check_timed_out:
            return "CPPCGI0123";
        case LibraryCause::check_failed:
            return "CPPCGI0124";
        case LibraryCause::twin_handlers:
            return "CPPCGI0125";
        case LibraryCause::old_dependency:
            return "CPPCGI0126";
    }
    return "";
}

}  // namespace cppcgi::host
