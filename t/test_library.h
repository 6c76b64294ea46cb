// Small handler libraries, compiled by a test as it runs: those that nobody should
// install have no place among the examples. They write their cards by hand and need no
// libcppcgi. Run from the top of the source tree.
#ifndef CPPCGI_T_TEST_LIBRARY_H
#define CPPCGI_T_TEST_LIBRARY_H

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#include "t/scratch_directory.h"

namespace cppcgi_test {

// A source's first lines. CARD(name) writes the card of a handler, ENTRY(name) its entry;
// a library has both for each of its handlers.
inline const std::string library_preamble = R"(
#include <cppcgi/abi.h>
#define CARD(name)                                                                   \
    extern "C" const cppcgi_card cppcgi_card_##name                                  \
        __attribute__((section(CPPCGI_CARD_SECTION), used, retain, aligned(32))) = { \
            {'C', 'P', 'P', 'C', 'G', 'I', '\r', '\n'}, sizeof(cppcgi_card),         \
            CPPCGI_ABI, 0, CPPCGI_TOOLCHAIN, #name};
#define ENTRY(name)                                                                  \
    extern "C" void cppcgi_entry_##name(const cppcgi_gateway*, void*,                \
                                        cppcgi_outcome* outcome)
)";

// Compiles SOURCE into FILE; throws with the compiler's words when it cannot.
inline void compile(const std::string& source, const std::string& file,
                    const std::string& flags = "-shared -fPIC") {
    std::ofstream(file + ".cc") << source;
    std::string command = "c++ -std=c++20 -w -Iinclude -x c++ '" + file +
                          ".cc' -x none -o '" + file + "' " + flags + " 2>'" + file +
                          ".err'";
    if (std::system(command.c_str()) != 0)
        throw std::runtime_error(command + "\n" +
                                 ScratchDirectory::read(file + ".err"));
}

// A library with one handler, whose entry sets the outcome's status to `status`.
inline std::string handler_source(const std::string& name, int status = 200) {
    return library_preamble + "CARD(" + name + ")\nENTRY(" + name +
           ") { outcome->status = " + std::to_string(status) + "; }\n";
}

}  // namespace cppcgi_test

#endif
