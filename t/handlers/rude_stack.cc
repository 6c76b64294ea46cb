// Takes a megabyte of stack.
#include <cppcgi.h>

#include "rude.h"

namespace {

[[gnu::noinline]] std::string deep() {
    volatile char megabyte[1 << 20];
    for (std::size_t i = 0; i < sizeof megabyte; i += 1024) megabyte[i] = 'x';
    return megabyte[1024] == 'x' ? build_number() : "";
}

}  // namespace

CPPCGI_HANDLER(rude_stack, req, res) { res << deep(); }
