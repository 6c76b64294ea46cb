// What a server child writes about a fault inside a handler before it dies of it: signal,
// address, handler, request line, and the stack as file and offset, with the command that
// turns those into lines. Faults outside handlers are left to httpd.
#ifndef CPPCGI_MODULE_CRASH_H
#define CPPCGI_MODULE_CRASH_H

#include <httpd.h>

namespace cppcgi::module {

// Before the libraries are opened.
void install_crash_report_child();

class CountedCall;

// One call into a library by this thread. While it lives, a fault is reported as that
// call's: "in KIND NAME while it served REQUEST", the request's first line or null, and
// counted.
class CrashScope {
public:
    CrashScope(const server_rec* server, const char* kind, const char* name,
               const char* request = nullptr,
               const CountedCall* counted = nullptr) noexcept;
    ~CrashScope();
    CrashScope(const CrashScope&) = delete;
    CrashScope& operator=(const CrashScope&) = delete;

private:
    friend struct CrashReporter;

    const server_rec* server_;
    const char* kind_;
    const char* name_;
    const char* request_;
    const CountedCall* counted_;
    const CrashScope* outer_;  // a handler may run another one as a subrequest
};

// The process ends by exit() while a call of this thread runs: says so. Nothing where no
// call of this thread runs.
void report_exit_child() noexcept;

}  // namespace cppcgi::module

#endif
