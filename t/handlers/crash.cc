// Handlers that end their server child, one way each.
#include <cppcgi.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

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

CPPCGI_HANDLER(bad_instruction, req, res) { std::raise(SIGILL); }

CPPCGI_HANDLER(shrunk_file, req, res) {
    const int file = memfd_create("shrunk", MFD_CLOEXEC);
    if (ftruncate(file, 4096) != 0) return;
    void* const page = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0);
    if (page == MAP_FAILED || ftruncate(file, 0) != 0) return;
    res << *static_cast<volatile char*>(page);
}

CPPCGI_HANDLER(double_free, req, res) {
    char* volatile memory = static_cast<char*>(std::malloc(100));
    std::free(memory);
    std::free(memory);
}

CPPCGI_HANDLER(exit_call, req, res) { std::exit(3); }

// 15 would make httpd end the whole server.
CPPCGI_HANDLER(underscore_exit, req, res) { _exit(3); }

// Puts a full pipe that nobody reads in the place of the error log.
CPPCGI_HANDLER(hanging_report, req, res) {
    const std::filesystem::path log(req.param("error_log").value_or(""));
    int ends[2];
    if (pipe(ends) != 0) return;
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (write(ends[1], "full", 4) == 4) {
    }
    fcntl(ends[1], F_SETFL, 0);
    for (int fd = 0; fd < 100; ++fd) {
        std::error_code error;
        const auto link = "/proc/self/fd/" + std::to_string(fd);
        if (std::filesystem::read_symlink(link, error) == log) dup2(ends[1], fd);
    }
    write_nowhere();
}

CPPCGI_HANDLER(in_a_thread, req, res) { std::thread(write_nowhere).join(); }

CPPCGI_HANDLER(fine, req, res) { res << "fine"; }
