// What a server child writes about a fault inside a handler before it dies of it: signal,
// address, handler, request line, and the stack as file and offset, with the command that
// turns those into lines. Faults outside handlers are left to httpd.
#ifndef CPPCGI_MODULE_CRASH_H
#define CPPCGI_MODULE_CRASH_H

#include <httpd.h>

namespace cppcgi::module {

// After the libraries have been opened: reads where each other file is mapped and installs
// the signal handlers.
void install_crash_report_child();

// A library that has been opened under that name, from the file that a person knows. Both
// texts live as long as the child.
void add_crash_mappings_child(const char* opened_as, const char* path,
                              bool is_handlers) noexcept;

// One call of a handler by this thread. While it lives, a fault is reported as the
// handler's.
class CrashScope {
public:
    CrashScope(const request_rec* r, const char* handler) noexcept;
    ~CrashScope();
    CrashScope(const CrashScope&) = delete;
    CrashScope& operator=(const CrashScope&) = delete;

private:
    friend struct CrashReporter;

    const request_rec* r_;
    const char* handler_;
    const CrashScope* outer_;  // a handler may run another one as a subrequest
};

}  // namespace cppcgi::module

#endif
