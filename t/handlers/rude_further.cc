// What rude_dlopen opens: a library that is no library of handlers.
#include <string>

namespace {
int* volatile nowhere = nullptr;
}

extern "C" __attribute__((visibility("default"))) int rude_further(int number) {
    if (number < 0) *nowhere = number;
    static const std::string text(static_cast<std::size_t>(number), 'x');
    return static_cast<int>(text.size());
}
