// Handlers that end their server child, one way each.
#include <cppcgi.h>

#include <cstdlib>
#include <thread>

namespace {

// Volatile, so that the compiler cannot see what is wrong with them.
volatile int zero = 0;
int* volatile nowhere = nullptr;
void (*volatile no_function)() = nullptr;

[[gnu::noinline]] int descend(int depth) {
    volatile char page[4096];
    page[0] = static_cast<char>(depth);
    return depth == zero ? page[0] : descend(depth + 1) + page[0];
}

[[gnu::noinline]] void write_nowhere() { *nowhere = 1; }

struct ThrowsAtItsEnd {
    ~ThrowsAtItsEnd() { write_nothing(); }
    [[noreturn]] static void write_nothing() {
        throw std::runtime_error("thrown by a destructor");
    }
};

}  // namespace

CPPCGI_HANDLER(null_write, req, res) { write_nowhere(); }

CPPCGI_HANDLER(null_call, req, res) {
    no_function();
    res << "not reached";
}

CPPCGI_HANDLER(division, req, res) { res << std::lldiv(1, zero).quot; }

CPPCGI_HANDLER(stack_overflow, req, res) { res << descend(1); }

CPPCGI_HANDLER(abort_call, req, res) { std::abort(); }

CPPCGI_HANDLER(terminate, req, res) { const ThrowsAtItsEnd thrower; }

CPPCGI_HANDLER(double_free, req, res) {
    char* volatile memory = static_cast<char*>(std::malloc(100));
    std::free(memory);
    std::free(memory);
}

CPPCGI_HANDLER(fine, req, res) { res << "fine"; }
