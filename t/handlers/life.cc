// A library with everything that one may have beside its handlers.
#include <cppcgi.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <unistd.h>

namespace {

std::atomic<int> starts{0};
std::atomic<int> calls{0};
std::atomic<int> overlaps{0};

// Where CPPCGI_CHILD_STOP leaves its mark; kept from a request, since hooks have none.
std::string mark_file;

class Counter {
public:
    Counter() : made_(starts.load()) {}

    void operator()(cppcgi::Request&, cppcgi::Response& res) {
        res << "made after " << made_ << " starts, call " << ++count_;
    }

private:
    int made_;
    std::atomic<int> count_{0};
};

}  // namespace

CPPCGI_CHILD_START() { ++starts; }

CPPCGI_CHILD_STOP() {
    if (!mark_file.empty()) std::ofstream(mark_file) << getpid();
}

CPPCGI_HANDLER_CLASS(counter, Counter);

CPPCGI_HANDLER(mark, req, res) {
    mark_file = req.param("mark").value_or("");
    res << getpid();
}

CPPCGI_HANDLER_SERIAL(serial, req, res) {
    if (++calls > 1) ++overlaps;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    --calls;
    res << overlaps.load();
}
