#include "module/phase.h"

#include <ap_mpm.h>
#include <fcntl.h>
#include <http_core.h>
#include <string_view>
#include <unistd.h>

namespace cppcgi::module {

namespace {

// httpd takes -k out of its argv before modules see it, so it is read from the kernel's
// copy. A broken library must not keep a server from being stopped.
bool is_asked_to_stop() noexcept {
    const int file = ::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    char text[32768];  // a service may give many words with -c and -D
    const ssize_t size = ::read(file, text, sizeof text);
    ::close(file);
    std::string_view rest(text, size > 0 ? static_cast<std::size_t>(size) : 0);
    bool after_k = false;
    while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find('\0'));
        rest.remove_prefix(word.size() < rest.size() ? word.size() + 1 : word.size());
        if (after_k) return word == "stop" || word == "graceful-stop";
        if (word == "-kstop" || word == "-kgraceful-stop") return true;
        after_k = word == "-k";
    }
    return false;
}

}  // namespace

Phase current_phase() noexcept {
    if (ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_DUMP) return Phase::ignore;
    const int state = ap_state_query(AP_SQ_MAIN_STATE);
    if (state == AP_SQ_MS_RUN_MPM) return Phase::requests;
    if (ap_state_query(AP_SQ_CONFIG_GEN) >= 2) return Phase::restart;
    return is_asked_to_stop() ? Phase::ignore : Phase::strict;
}

}  // namespace cppcgi::module
