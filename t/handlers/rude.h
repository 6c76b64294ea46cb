// For handlers that do what they should not: which build a library is, so that a test can
// tell versions apart by writing another digit over the one in the file.
#ifndef CPPCGI_T_HANDLERS_RUDE_H
#define CPPCGI_T_HANDLERS_RUDE_H

#include <string>

namespace {

// Volatile, so that the compiler leaves the text in the file as it is.
const volatile char build[] = "build number 1";

std::string build_number() {
    std::string text;
    for (const volatile char* c = build; *c; ++c) text += *c;
    return text;
}

}  // namespace

#endif
