#include "t/bench/server/cpu_account.h"

#include "t/process.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <vector>

namespace cppcgi_bench {

namespace {

// The folder of our own group in a hierarchy: version 2 is listed as "0::/path", version 1
// with its controllers' names.
std::string own_group(const std::string& root, const std::string& controllers) {
    std::ifstream list("/proc/self/cgroup");
    for (std::string line; std::getline(list, line);) {
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (line.substr(first + 1, second - first - 1) == controllers)
            return root + line.substr(second + 1);
    }
    return {};
}

bool move_to(const std::string& group) {
    std::ofstream file(group + "/cgroup.procs");
    file << ::getpid() << std::flush;
    return file.good();
}

double number_behind(const std::string& text, const std::string& label) {
    const std::size_t at = text.find(label);
    return at == std::string::npos
               ? 0
               : std::strtod(text.c_str() + at + label.size(), nullptr);
}

double of_group(const std::string& group) {
    const std::string nanoseconds = cppcgi_test::read_file(group + "/cpuacct.usage");
    if (!nanoseconds.empty()) return std::strtod(nanoseconds.c_str(), nullptr) / 1e3;
    return number_behind(cppcgi_test::read_file(group + "/cpu.stat"), "usage_usec ");
}

double of_process(pid_t process) {
    clockid_t clock;
    timespec time{};
    if (::clock_getcpuclockid(process, &clock) != 0 ||
        ::clock_gettime(clock, &time) != 0)
        return 0;
    return static_cast<double>(time.tv_sec) * 1e6 +
           static_cast<double>(time.tv_nsec) / 1e3;
}

// Of children that were waited for: fields 16 and 17 of /proc/PID/stat.
double of_ended_children(pid_t process) {
    const std::string text =
        cppcgi_test::read_file("/proc/" + std::to_string(process) + "/stat");
    const std::size_t behind_name = text.rfind(')');
    if (behind_name == std::string::npos) return 0;
    std::istringstream words(text.substr(behind_name + 1));
    std::string skipped;
    for (int field = 3; field < 16; ++field) words >> skipped;
    double user = 0, system = 0;
    words >> user >> system;
    return (user + system) * 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double of_tree(pid_t process) {
    double sum = of_process(process) + of_ended_children(process);
    const std::string pid = std::to_string(process);
    std::ifstream list("/proc/" + pid + "/task/" + pid + "/children");
    for (pid_t child; list >> child;) sum += of_tree(child);
    return sum;
}

}  // namespace

CpuAccount::CpuAccount() {
    const std::string root = "/sys/fs/cgroup";
    for (const std::string& parent :
         {own_group(root + "/cpuacct", "cpuacct"),
          own_group(root + "/cpu,cpuacct", "cpu,cpuacct"), own_group(root, "")}) {
        const std::string group =
            parent + "/cppcgi-bench-" + std::to_string(::getpid());
        if (parent.empty() || ::mkdir(group.c_str(), 0755) != 0) continue;
        if (move_to(group) && move_to(parent)) {
            parent_ = parent;
            group_ = group;
            return;
        }
        ::rmdir(group.c_str());
    }
}

CpuAccount::~CpuAccount() {
    if (!group_.empty())
        cppcgi_test::poll_until([this] { return ::rmdir(group_.c_str()) == 0; });
}

void CpuAccount::enter() {
    if (!group_.empty()) move_to(group_);
}

void CpuAccount::leave() {
    if (!group_.empty()) move_to(parent_);
}

double CpuAccount::spent(pid_t server) const {
    return group_.empty() ? of_tree(server) : of_group(group_);
}

}  // namespace cppcgi_bench
