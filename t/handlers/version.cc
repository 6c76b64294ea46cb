// Says which build it is: a test writes another digit over the one in the file.
#include <cppcgi.h>

#include <string>

namespace {
// Volatile, so that the compiler leaves the text in the file as it is.
const volatile char build[] = "build number 1";
}  // namespace

CPPCGI_HANDLER(version, req, res) {
    std::string text;
    for (const volatile char* c = build; *c; ++c) text += *c;
    res << text;
}
