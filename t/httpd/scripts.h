// What the tests of classic scripts share: a document root where .cgi files run.
#ifndef CPPCGI_T_HTTPD_SCRIPTS_H
#define CPPCGI_T_HTTPD_SCRIPTS_H

#include <signal.h>

#include <cstdlib>
#include <string>

#include "t/httpd/server.h"

namespace cppcgi_test {

inline constexpr const char* scripts_run = R"(
<Directory "${DOCROOT}">
Options +ExecCGI
AllowOverride All
AddHandler cgi-script .cgi .pl .py
</Directory>
)";

class ScriptTest : public HttpdTest {
protected:
    // A script for sh in the document root. $W is a folder that it may write to.
    void script(const std::string& name, const std::string& text) {
        server.write("docroot/" + name,
                     "#!/bin/sh\nW=" + work().native() + "\n" + text + "\n", 0755);
    }
    std::filesystem::path work() const { return server.root() / "work"; }
    void start(const std::string& more = {}) {
        std::filesystem::create_directory(work());
        std::filesystem::permissions(work(), std::filesystem::perms::all);
        server.start(scripts_run + more);
    }
    // What a script wrote to $W/name, waiting for it; "" when nothing came in time.
    std::string wait_for(const std::string& name, int milliseconds = 10000) {
        for (int waited = 0; waited < milliseconds; waited += 10) {
            const std::string text = read_file(work() / name);
            if (text.ends_with('\n')) return text.substr(0, text.size() - 1);
            usleep(10000);
        }
        return {};
    }
    // True when the process whose id a script wrote to $W/name ends in time.
    bool ends(const std::string& name, int milliseconds = 10000) {
        const std::string text = wait_for(name);
        const pid_t pid = text.empty() ? 0 : std::stoi(text);
        if (pid == 0) return false;
        for (int waited = 0; waited < milliseconds; waited += 10) {
            if (kill(pid, 0) == -1) return true;
            usleep(10000);
        }
        return false;
    }
};

}  // namespace cppcgi_test

#endif
