// Writes down each start and end of its life, and how many calls ran under the end.
#include <cppcgi.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace {

std::atomic<int> calls{0};
// Tells this version from others of the process.
const long long born = std::chrono::steady_clock::now().time_since_epoch().count();

// Hooks have no CppCGIParam.
void tell(const char* what) {
    const char* report = std::getenv("CPPCGI_TEST_REPORT");
    const int file = report ? ::open(report, O_WRONLY | O_APPEND) : -1;
    if (file < 0) return;
    ::dprintf(file, "%s %d-%lld %d\n", what, static_cast<int>(::getpid()), born,
              calls.load());
    ::close(file);
}

}  // namespace

CPPCGI_CHILD_START() { tell("start"); }

CPPCGI_CHILD_STOP() { tell("stop"); }

CPPCGI_HANDLER(counted_life, req, res) {
    ++calls;
    res << "alive";
    ::usleep(1000);
    --calls;
}
