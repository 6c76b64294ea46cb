// Python's cgitb: what becomes of an exception that leaves a handler. The server's
// configuration says so with CppCGIErrorReport; a handler may say it for itself:
//
//     CPPCGI_HANDLER(report, req, res) {
//         cgi::cgitb::enable({.display = false, .logdir = "/var/log/site/reports"});
//
// Holds for the call that runs in this thread, until it ends.
#ifndef CPPCGI_CGITB_H
#define CPPCGI_CGITB_H

#include <cppcgi/api.h>

#include <cstdint>
#include <string>

namespace cppcgi::cgitb {

struct Options {
    // The whole report to the client. False shows a short page with the report's number.
    bool display = true;
    // A directory, by its absolute path, in which the report is kept as a file.
    std::string logdir = {};
    // Lines of source shown for each frame; at most 21.
    int context = 5;
    // Shows passwords, cookies and keys, which are hidden otherwise.
    bool show_secrets = false;
    // Room for options to come within this SONAME.
    std::uint64_t reserved[4] = {};
};

// Takes the place of CppCGIErrorReport for this call. Outside of a call it does nothing.
CPPCGI_API void enable(const Options& options = {});

}  // namespace cppcgi::cgitb

#endif
