// The handlers that a library offers, read from its file: the records of CPPCGI_HANDLER
// in the section cppcgi_cards. The library is never opened for it, so none of its code
// runs. The server's parent reads cards while it reads the configuration, the doctor on
// request; plain values.
#ifndef CPPCGI_HOST_CARD_H
#define CPPCGI_HOST_CARD_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/library_fault.h"

namespace cppcgi::host {

struct Card {
    std::string name;         // of the handler
    std::uint32_t flags = 0;  // CPPCGI_CARD_...
};

struct CardResult {
    LibraryFault fault;       // cards is empty with a fault, never without
    std::vector<Card> cards;  // in the order of the file
};

// The cards of the library open as `fd`, whose offset stays untouched. `file` is its name
// in messages. Checks what dlopen would not survive (a file cut short) or not notice
// (another toolchain); dlopen itself may still fail.
CardResult read_cards(int fd, const std::string& file);

// The same of a path.
CardResult read_cards(const std::string& file);

// The section's bytes alone. `file` as above.
CardResult parse_cards(std::string_view section, const std::string& file);

// The symbol that a handler is entered by.
std::string entry_symbol(std::string_view name);

// "hello" for "/srv/handlers/hello.so": what a library is called without an ALIAS.
std::string_view file_stem(std::string_view file) noexcept;

}  // namespace cppcgi::host

#endif
