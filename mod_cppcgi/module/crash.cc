#include "module/crash.h"

#include "module/crash_text.h"

#include <algorithm>
#include <apr_portable.h>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <execinfo.h>
#include <link.h>
#include <pthread.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <typeinfo>
#include <ucontext.h>
#include <unistd.h>

namespace cppcgi::module {

namespace {

// One loaded segment of code, as it was when the child started.
struct Mapping {
    std::uintptr_t begin;
    std::uintptr_t end;
    std::uintptr_t base;
    const char* file;
    bool is_handlers;  // a library of handlers, where the defect most likely is
};

constexpr int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t stack_size = 128 * 1024;
constexpr unsigned report_seconds = 2;
constexpr int most_frames = 24;
constexpr std::size_t most_mappings = 256;

// Of one server child, which never unloads the module; a signal handler can reach nothing
// that hangs off a pool. initial-exec, because any other thread-local variable may allocate
// when it is first touched.
[[gnu::tls_model(
    "initial-exec")]] constinit thread_local const CrashScope* current_call = nullptr;
[[gnu::tls_model("initial-exec")]] constinit thread_local void* alternate_stack =
    nullptr;
constinit struct sigaction former_actions[std::size(signals)] = {};
constinit Mapping mappings[most_mappings] = {};
constinit std::size_t mapping_count = 0;
constinit pthread_key_t stack_key = 0;
constinit bool is_installed = false;
constinit std::atomic<bool> is_reporting{false};
// What std::terminate() was called for; written before abort().
constinit char terminate_text[512] = "";

void free_alternate_stack(void* stack) noexcept {
    const stack_t none = {.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
    sigaltstack(&none, nullptr);
    munmap(stack, stack_size);
}

// A handler that overflows its stack leaves none for its report. The stack is made at a
// thread's first call and goes with the thread: workers of HTTP/2 come and go.
void make_alternate_stack() noexcept {
    void* stack = mmap(nullptr, stack_size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return;
    const stack_t description = {.ss_sp = stack, .ss_flags = 0, .ss_size = stack_size};
    if (sigaltstack(&description, nullptr) != 0 ||
        pthread_setspecific(stack_key, stack) != 0) {
        free_alternate_stack(stack);
        return;
    }
    alternate_stack = stack;
}

std::uintptr_t program_counter(const ucontext_t& context) noexcept {
#if defined(__x86_64__)
    return static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
    return context.uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

// After a call of a null pointer the return address is all that is known of the caller.
std::uintptr_t caller_of_nowhere(const ucontext_t& context) noexcept {
#if defined(__x86_64__)
    return *reinterpret_cast<const std::uintptr_t*>(context.uc_mcontext.gregs[REG_RSP]);
#elif defined(__aarch64__)
    return context.uc_mcontext.regs[30];
#else
    (void)context;
    return 0;
#endif
}

const Mapping* find_mapping(std::uintptr_t address) noexcept {
    for (std::size_t i = 0; i < mapping_count; ++i)
        if (address >= mappings[i].begin && address < mappings[i].end)
            return &mappings[i];
    return nullptr;
}

// The frames from the fault on; those of the signal handler before it are dropped.
int collect_frames(const ucontext_t& context,
                   std::uintptr_t (&frames)[most_frames]) noexcept {
    void* all[most_frames + 8];
    const int count = backtrace(all, most_frames + 8);
    const std::uintptr_t fault = program_counter(context);
    int first = 0;
    while (first < count && reinterpret_cast<std::uintptr_t>(all[first]) != fault)
        ++first;
    int kept = 0;
    frames[kept++] = fault;
    if (!find_mapping(fault)) frames[kept++] = caller_of_nowhere(context);
    for (int i = first + 1; i < count && kept < most_frames; ++i)
        frames[kept++] = reinterpret_cast<std::uintptr_t>(all[i]);
    return kept;
}

// A return address stands behind its call, which may be the last of its line.
std::uintptr_t call_address(const std::uintptr_t* frames, int i) noexcept {
    return i == 0 ? frames[i] : frames[i] - 1;
}

void write_frames(CrashText& text, const std::uintptr_t* frames, int count) noexcept {
    for (int i = 0; i < count; ++i) {
        const Mapping* mapping = find_mapping(frames[i]);
        text.line() << "  #" << CrashText::Decimal{i} << ' ';
        if (mapping)
            text << mapping->file << "+"
                 << CrashText::Hex{call_address(frames, i) - mapping->base};
        else
            text << CrashText::Hex{frames[i]} << " in no file";
    }
}

// One command for one file: the innermost library of handlers, else the innermost file.
void write_command(CrashText& text, const std::uintptr_t* frames, int count) noexcept {
    const Mapping* wanted = nullptr;
    for (int i = 0; i < count; ++i) {
        const Mapping* mapping = find_mapping(frames[i]);
        if (mapping && (!wanted || (mapping->is_handlers && !wanted->is_handlers)))
            wanted = mapping;
    }
    if (!wanted) return;
    text.line() << "lines: addr2line -Cfipe " << wanted->file;
    for (int i = 0; i < count; ++i)
        // A recursion that used up the stack is one line, not twenty.
        if (find_mapping(frames[i]) == wanted && (i == 0 || frames[i] != frames[i - 1]))
            text << ' ' << CrashText::Hex{call_address(frames, i) - wanted->base};
}

const char* name_of(int signal) noexcept {
    switch (signal) {
        case SIGSEGV:
            return "SIGSEGV (a bad address, or the stack is used up)";
        case SIGBUS:
            return "SIGBUS (a mapped file was cut short, or bad alignment)";
        case SIGFPE:
            return "SIGFPE (an integer division by zero or overflow)";
        case SIGILL:
            return "SIGILL (an illegal instruction)";
        default:
            return "SIGABRT (abort(), a failed assertion or std::terminate)";
    }
}

}  // namespace

struct CrashReporter {
    static void report(int signal, const siginfo_t& info,
                       const ucontext_t& context) noexcept {
        const CrashScope& call = *current_call;
        CrashText text("CPPCGI0510: ");
        text.line() << name_of(signal);
        if (info.si_code > 0 && signal != SIGABRT)
            text << " at address "
                 << CrashText::Hex{reinterpret_cast<std::uintptr_t>(info.si_addr)};
        text << " in handler " << call.handler_ << " while it served \"";
        text.escaped(call.r_->the_request ? call.r_->the_request : "") << '"';
        if (terminate_text[0])
            text << "; std::terminate was called for " << terminate_text;
        text << "; this child ends, the others serve on. Stack:";
        std::uintptr_t frames[most_frames];
        const int count = collect_frames(context, frames);
        write_frames(text, frames, count);
        write_command(text, frames, count);
        text.write_to(log_descriptor(*call.r_));
    }

private:
    static int log_descriptor(const request_rec& r) noexcept {
        apr_os_file_t descriptor = STDERR_FILENO;
        if (r.server->error_log) apr_os_file_get(&descriptor, r.server->error_log);
        return descriptor;
    }
};

namespace {

// A report that hangs, on a lock that the fault left held, is ended by SIGALRM, and the
// child with it.
void start_timer() noexcept {
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    sigaction(SIGALRM, &action, nullptr);
    sigset_t alarm_only;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarm_only, nullptr);
    alarm(report_seconds);
}

void give_back(int signal) noexcept {
    for (std::size_t i = 0; i < std::size(signals); ++i)
        if (signals[i] == signal) sigaction(signal, &former_actions[i], nullptr);
}

void on_fault(int signal, siginfo_t* info, void* context) noexcept {
    const int saved_errno = errno;
    if (current_call) {
        // A second thread in trouble waits here for the end of the child.
        while (is_reporting.exchange(true)) pause();
        start_timer();
        CrashReporter::report(signal, *info, *static_cast<const ucontext_t*>(context));
        alarm(0);
    }
    give_back(signal);
    // A fault of the processor comes again by itself; abort() raises once more; what was
    // sent by kill() would be lost.
    if (info->si_code <= 0 && signal != SIGABRT) raise(signal);
    errno = saved_errno;
}

[[noreturn]] void on_terminate() noexcept {
    const auto keep = [](std::string_view type, std::string_view what) {
        const std::size_t type_size = std::min(type.size(), sizeof terminate_text / 2);
        const std::size_t what_size =
            std::min(what.size(), sizeof terminate_text / 2 - 4);
        char* end = std::copy_n(type.data(), type_size, terminate_text);
        if (what_size != 0) end = std::copy_n(": ", 2, end);
        *std::copy_n(what.data(), what_size, end) = '\0';
    };
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (!type) {
        keep(
            "no exception (a joinable std::thread was destroyed, or noexcept was left)",
            "");
        std::abort();
    }
    int status = 0;
    char* name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
    try {
        throw;
    } catch (const std::exception& error) {
        keep(name ? name : type->name(), error.what());
    } catch (...) {
        keep(name ? name : type->name(), "");
    }
    std::abort();
}

void add_mapping(const dl_phdr_info& info, const char* file,
                 bool is_handlers) noexcept {
    for (int i = 0; i < info.dlpi_phnum && mapping_count < most_mappings; ++i) {
        const auto& segment = info.dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X)) continue;
        const std::uintptr_t begin = info.dlpi_addr + segment.p_vaddr;
        mappings[mapping_count] = {begin, begin + segment.p_memsz, info.dlpi_addr, file,
                                   is_handlers};
        // Counted when it is whole: a report may be reading.
        std::atomic_signal_fence(std::memory_order_release);
        ++mapping_count;
    }
}

// Libraries opened from copies have been added under the names that a person knows.
int add_file_mapping(dl_phdr_info* info, std::size_t, void*) noexcept {
    const std::string_view name(info->dlpi_name);
    if (!name.starts_with("/proc/self/fd"))
        add_mapping(*info, name.empty() ? "(the server's program)" : info->dlpi_name,
                    false);
    return 0;
}

struct OpenedLibrary {
    const char* opened_as;
    const char* path;
    bool is_handlers;
};

int add_library_mapping(dl_phdr_info* info, std::size_t, void* argument) noexcept {
    const auto& library = *static_cast<const OpenedLibrary*>(argument);
    if (std::strcmp(info->dlpi_name, library.opened_as) != 0) return 0;
    add_mapping(*info, library.path, library.is_handlers);
    return 1;
}

}  // namespace

void add_crash_mappings_child(const char* opened_as, const char* path,
                              bool is_handlers) noexcept {
    OpenedLibrary library{opened_as, path, is_handlers};
    dl_iterate_phdr(add_library_mapping, &library);
}

void install_crash_report_child() {
    if (pthread_key_create(&stack_key, free_alternate_stack) != 0) return;
    dl_iterate_phdr(add_file_mapping, nullptr);
    void* frame = nullptr;
    backtrace(&frame, 1);  // the first call loads the unwinder, which a signal must not
    std::set_terminate(on_terminate);
    struct sigaction action = {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < std::size(signals); ++i)
        sigaction(signals[i], &action, &former_actions[i]);
    is_installed = true;
}

CrashScope::CrashScope(const request_rec* r, const char* handler) noexcept
    : r_(r), handler_(handler), outer_(current_call) {
    if (is_installed && !alternate_stack) make_alternate_stack();
    current_call = this;
}

CrashScope::~CrashScope() { current_call = outer_; }

}  // namespace cppcgi::module
