// Which of its several readings of the configuration httpd is at.
#ifndef CPPCGI_MODULE_PHASE_H
#define CPPCGI_MODULE_PHASE_H

namespace cppcgi::module {

enum class Phase {
    ignore,   // -k stop, -k graceful-stop, config dumps: libraries do not matter
    strict,   // first start and its rehearsal, -t, -k restart, -k graceful: errors stop
    restart,  // restart by signal: the server must go on whatever it finds
    requests  // requests are served
};

Phase current_phase() noexcept;

}  // namespace cppcgi::module

#endif
