// Static objects that a running call uses, and that tell a file when they are destroyed
// under it.
#include <cppcgi.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>

namespace {

std::atomic<int> calls{0};

// Plain, so that it is there as long as the process.
char report[512];

void tell(const char* what) {
    const int file = ::open(report, O_WRONLY | O_APPEND | O_CREAT, 0666);
    if (file < 0) return;
    [[maybe_unused]] auto written = ::write(file, what, std::strlen(what));
    ::close(file);
}

struct Static {
    explicit Static(const char* text) : name(text) {}
    ~Static() {
        if (*report) tell(calls.load() != 0 ? "under a call\n" : name);
    }
    const char* name;
};

Static global("global, idle\n");

}  // namespace

// Waits for the milliseconds of the query; CppCGIParam report names the file.
CPPCGI_HANDLER(statics, req, res) {
    static Static local("local, idle\n");
    const std::string file(req.param("report").value_or(""));
    file.copy(report, sizeof report - 1);
    ++calls;
    res << "waiting";
    res.flush();
    const int milliseconds = std::stoi(std::string(req.query_string()));
    for (int i = 0; i < milliseconds / 10; ++i) ::poll(nullptr, 0, 10);
    --calls;
}
