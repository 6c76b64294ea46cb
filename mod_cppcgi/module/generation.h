// What one reading of the configuration collects: found by the pool of the configuration,
// since a virtual host has no way to the main server, and cleared with it.
#ifndef CPPCGI_MODULE_GENERATION_H
#define CPPCGI_MODULE_GENERATION_H

#include "module/registry.h"

#include <apr_pools.h>

namespace cppcgi::module {

struct PendingRegistration {
    Registration* registration;
    PendingRegistration* next;
};

class ErrorReports;

struct Generation {
    Library* libraries;            // in the order they were named
    PendingRegistration* pending;  // in the order they were written
    Library own_library;      // libcppcgi.so.1, opened before them; path null: none
    const char* library_dir;  // CppCGILibraryDir, or null
    bool writable_libraries;  // CppCGIWritableLibraries
    bool reload_auto;         // CppCGIReload auto
    // CppCGIErrorReport asks for files and does not say where.
    bool wants_report_directory;
    ErrorReports* error_reports;  // in a child
};

Generation& generation_of(apr_pool_t* configuration);

}  // namespace cppcgi::module

#endif
