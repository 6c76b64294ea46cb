#include "module/crash.h"

#include "module/code_map.h"
#include "module/crash_text.h"
#include "module/stack_frames.h"
#include "module/statistics.h"

#include <algorithm>
#include <apr_portable.h>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cxxabi.h>
#include <exception>
#include <pthread.h>
#include <string_view>
#include <sys/mman.h>
#include <typeinfo>
#include <ucontext.h>
#include <unistd.h>

namespace cppcgi::module {

namespace {

constexpr int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t stack_size = 128 * 1024;
constexpr unsigned report_seconds = 2;

// Of one server child, which never unloads the module; a signal handler can reach nothing
// that hangs off a pool. initial-exec, because any other thread-local variable may allocate
// when it is first touched.
[[gnu::tls_model(
    "initial-exec")]] constinit thread_local const CrashScope* current_call = nullptr;
[[gnu::tls_model("initial-exec")]] constinit thread_local void* alternate_stack =
    nullptr;
constinit struct sigaction former_actions[std::size(signals)] = {};
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

// Each cause by its own number.
struct Cause {
    const char* number;
    const char* name;
};

Cause cause_of(int signal, const siginfo_t& info, const ucontext_t& context) noexcept {
    switch (signal) {
        case SIGSEGV:
            if (StackFrames::has_used_up_its_stack(info, context))
                return {"CPPCGI0517",
                        "SIGSEGV (the stack is used up: by a recursion "
                        "without end, or large local variables)"};
            return {"CPPCGI0510", "SIGSEGV (a bad address)"};
        case SIGBUS:
            return {"CPPCGI0512",
                    "SIGBUS (a mapped file was cut short, or bad alignment)"};
        case SIGFPE:
            return {"CPPCGI0513", "SIGFPE (an integer division by zero or overflow)"};
        case SIGILL:
            return {"CPPCGI0514", "SIGILL (an illegal instruction)"};
        default:
            if (terminate_text[0]) return {"CPPCGI0516", "SIGABRT (std::terminate)"};
            return {"CPPCGI0515", "SIGABRT (abort() or a failed assertion)"};
    }
}

}  // namespace

struct CrashReporter {
    static void report(int signal, const siginfo_t& info,
                       const ucontext_t& context) noexcept {
        const Cause cause = cause_of(signal, info, context);
        if (current_call->counted_) current_call->counted_->count_crash(cause.number);
        CrashText text(cause.number);
        text.line() << cause.name;
        if (info.si_code > 0 && signal != SIGABRT)
            text << " at address "
                 << CrashText::Hex{reinterpret_cast<std::uintptr_t>(info.si_addr)};
        write_call(text);
        if (terminate_text[0])
            text << "; std::terminate was called for " << terminate_text;
        text << "; this child ends, the others serve on. Stack:";
        write_stack(text, StackFrames(context));
        text.write_to(log_descriptor());
    }

    static void report_exit() noexcept {
        if (current_call->counted_) current_call->counted_->count_crash("CPPCGI0511");
        CrashText text("CPPCGI0511");
        text.line() << "exit() was called";
        write_call(text);
        text << "; this child ends, the others serve on; throw an exception to end a "
                "request. Stack:";
        write_stack(text, StackFrames());
        text.write_to(log_descriptor());
    }

private:
    static void write_call(SignalText& text) noexcept {
        text << " in " << current_call->kind_ << ' ' << current_call->name_;
        if (!current_call->request_) return;
        (text << " while it served \"").escaped(current_call->request_) << '"';
    }

    static void write_stack(CrashText& text, const StackFrames& frames) noexcept {
        for (int i = 0; i < frames.size(); ++i)
            frames.write_frame(text.line() << "  #" << CrashText::Decimal{i} << ' ', i);
        frames.write_command(text.line() << "lines: ");
    }

    static int log_descriptor() noexcept {
        apr_os_file_t descriptor = STDERR_FILENO;
        apr_file_t* log = current_call->server_->error_log;
        if (log) apr_os_file_get(&descriptor, log);
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

}  // namespace

void install_crash_report_child() {
    if (pthread_key_create(&stack_key, free_alternate_stack) != 0) return;
    prepare_code_map_child();
    StackFrames::prepare();
    std::set_terminate(on_terminate);
    struct sigaction action = {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < std::size(signals); ++i)
        sigaction(signals[i], &action, &former_actions[i]);
    is_installed = true;
}

CrashScope::CrashScope(const server_rec* server, const char* kind, const char* name,
                       const char* request, const CountedCall* counted) noexcept
    : server_(server),
      kind_(kind),
      name_(name),
      request_(request),
      counted_(counted),
      outer_(current_call) {
    if (is_installed && !alternate_stack) make_alternate_stack();
    current_call = this;
}

CrashScope::~CrashScope() { current_call = outer_; }

void report_exit_child() noexcept {
    if (current_call) CrashReporter::report_exit();
}

}  // namespace cppcgi::module
