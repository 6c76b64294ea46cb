#include "t/httpd/server.h"

#include <arpa/inet.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;

fs::path make_root() {
    // Below /tmp and not TMPDIR: the server's user must reach it.
    std::string name = "/tmp/cppcgi-test-XXXXXX";
    if (mkdtemp(name.data()) == nullptr)
        throw std::system_error(errno, std::generic_category(), name);
    chmod(name.c_str(), 0755);
    return name;
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// True when `act` (bind or connect) succeeds on that port.
template <typename Act>
bool succeeds(Act act, std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    const bool done =
        act(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return done;
}

// Below the ephemeral range, so that no client's own end takes it before the server
// does; another test process may, which try_start() sees.
std::uint16_t free_port() {
    static std::mt19937 random{std::random_device{}()};
    for (int attempt = 0; attempt < 1000; ++attempt) {
        const auto port = static_cast<std::uint16_t>(12000 + random() % 20000);
        if (succeeds(bind, port)) return port;
    }
    throw std::runtime_error("no free port on 127.0.0.1");
}

struct Socket {
    std::string state;  // "0A" listens
    std::string inode;  // "0": nobody holds it any more
};

// The server's own ends on 127.0.0.1:`port`, as the kernel lists them.
std::vector<Socket> sockets(std::uint16_t port) {
    std::ifstream table("/proc/net/tcp");
    char local[16];
    std::snprintf(local, sizeof local, "0100007F:%04X", unsigned{port});
    std::vector<Socket> result;
    for (std::string line; std::getline(table, line);) {
        std::istringstream words(line);
        std::string slot, address, state, skipped, inode;
        words >> slot >> address >> skipped >> state;
        for (int i = 0; i < 5; ++i) words >> skipped;
        words >> inode;
        if (address == local) result.push_back({state, inode});
    }
    return result;
}

// "socket:[INODE]" of who listens there, as it stands in /proc/PID/fd.
std::string listener(std::uint16_t port) {
    for (const Socket& one : sockets(port))
        if (one.state == "0A") return "socket:[" + one.inode + "]";
    return {};
}

bool is_connected(std::uint16_t port) {
    for (const Socket& one : sockets(port))
        if (one.state != "0A" && one.inode != "0") return true;
    return false;
}

bool holds(pid_t pid, const std::string& what) {
    std::error_code error;
    for (const auto& entry :
         fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd", error))
        if (fs::read_symlink(entry, error) == what) return true;
    return false;
}

bool is_built_in(const std::string& module) {
    static const std::string list = run({CPPCGI_HTTPD, "-l"}).output;
    return list.find("mod_" + module + ".c") != std::string::npos;
}

// Few and quick to start; a test's own text comes later and wins.
constexpr const char* process_numbers = R"(
<IfModule mpm_prefork_module>
StartServers 2
MinSpareServers 1
MaxSpareServers 8
MaxRequestWorkers 32
</IfModule>
<IfModule !mpm_prefork_module>
StartServers 1
ServerLimit 4
ThreadsPerChild 16
MinSpareThreads 8
MaxSpareThreads 64
MaxRequestWorkers 64
</IfModule>
)";

constexpr const char* site = R"(
DocumentRoot "${DOCROOT}"
TypesConfig "${ROOT}/mime.types"
DirectoryIndex disabled
Timeout 20
LogLevel warn
<Directory />
Require all granted
</Directory>
)";

}  // namespace

Server::Server(std::string mpm)
    : mpm_(std::move(mpm)), root_(make_root()), log_(root_ / "error.log") {
    write("mime.types", "text/html html\ntext/plain txt\n");
    fs::create_directory(docroot());
    fs::create_directory(root_ / "run");
    fs::create_directory(root_ / "sanitizer");
    fs::permissions(root_ / "sanitizer", fs::perms::all);
    port_ = free_port();
    modules_ = {"unixd", "authz_core", "authz_host", "mime", "dir", "alias", "env"};
}

Server::~Server() {
    stop();
    if (std::getenv("CPPCGI_TEST_KEEP") == nullptr) fs::remove_all(root_);
}

std::uint64_t Server::memory(const std::string& line) const {
    std::uint64_t total = 0;
    for (const pid_t child : children()) total += memory_of(child, line);
    return total;
}

std::string Server::user() {
    if (geteuid() != 0) return {};
    return getpwnam("www-data") != nullptr ? "www-data" : "nobody";
}

std::string Server::generated(const std::string& config) const {
    std::ostringstream text;
    text << "ServerRoot \"" << root_.native() << "\"\nServerName localhost\n"
         << "Define ROOT " << root_.native() << "\nDefine DOCROOT ${ROOT}/docroot\n"
         << "Define BUILD " << build_dir().native() << "\n"
         << "Define HANDLERS ${BUILD}/handlers\n"
         << "Define TEST_HANDLERS ${BUILD}/t/handlers\nDefine PORT " << port_ << "\n"
         << "Listen 127.0.0.1:" << port_ << "\nPidFile \"${ROOT}/httpd.pid\"\n"
         << "ErrorLog \"${ROOT}/error.log\"\nDefaultRuntimeDir \"${ROOT}/run\"\n"
         << "LoadModule mpm_" << mpm_ << "_module " << CPPCGI_HTTPD_MODULES
         << "/mod_mpm_" << mpm_ << ".so\n";
    for (const std::string& module : modules_) {
        if (is_built_in(module)) continue;
        text << "LoadModule " << module << "_module " << CPPCGI_HTTPD_MODULES << "/mod_"
             << module << ".so\n";
    }
    if (cppcgi_) text << "LoadModule cppcgi_module ${BUILD}/lib/mod_cppcgi.so\n";
    if (!user().empty()) {
        text << "User " << user() << "\n";
        if (const passwd* entry = getpwnam(user().c_str()))
            text << "Group \"#" << entry->pw_gid << "\"\n";
    }
    // Also makes a child that changed its user dumpable, which the leak check needs.
    if (!sanitizer().empty()) text << "CoreDumpDirectory \"${ROOT}/sanitizer\"\n";
    text << process_numbers << site << config << "\n";
    return text.str();
}

std::vector<std::string> Server::environment() const {
    std::vector<std::string> result = environment_;
    if (sanitizer().empty()) return result;
    const std::string reports = "log_path=" + (root_ / "sanitizer/report").native();
    const std::string tests = (source_dir() / "t/httpd").native();
    if (const char* preload = std::getenv("CPPCGI_TEST_PRELOAD"))
        result.push_back("LD_PRELOAD=" + std::string(preload));
    // Two copies of one library are what this module is about: no check of one
    // definition.
    result.push_back(
        "ASAN_OPTIONS=detect_leaks=1:detect_odr_violation=0:quarantine_size_mb=16:" +
        reports);
    result.push_back("LSAN_OPTIONS=print_suppressions=0:suppressions=" + tests +
                     "/lsan.supp");
    result.push_back("UBSAN_OPTIONS=print_stacktrace=1:" + reports);
    result.push_back("TSAN_OPTIONS=suppressions=" + tests + "/tsan.supp:" + reports);
    return result;
}

void Server::configure(const std::string& config) {
    config_ = config;
    write("httpd.conf", generated(config));
}

void Server::start(const std::string& config) {
    for (int attempt = 0; attempt < 5; ++attempt) {
        configure(config);
        if (try_start()) return;
        // Another test took the port in between: again with the next one.
        if (log_.count("AH00072") == 0 &&
            read_file(root_ / "output").find("AH00072") == std::string::npos)
            break;
        port_ = free_port();
    }
    FAIL() << "httpd did not start:\n"
           << read_file(root_ / "output") << read_file(root_ / "error.log");
}

bool Server::try_start() {
    const std::size_t before = generations();
    pid_ = cppcgi_test::start({CPPCGI_HTTPD, "-d", root_, "-f", root_ / "httpd.conf",
                               "-DFOREGROUND", "-k", "start"},
                              environment(), root_ / "output");
    return wait_generation(before) &&
           poll_until([this] { return succeeds(connect, port_); });
}

std::size_t Server::generations() const {
    return log_.count("resuming normal operations");
}

bool Server::wait_generation(std::size_t generations_before) {
    bool up = false;
    poll_until(
        [&] {
            up = generations() > generations_before;
            return up || !running();
        },
        std::chrono::seconds(60));
    return up && running();
}

bool Server::graceful() {
    const std::size_t before = generations();
    const std::string socket = listener(port_);
    const std::vector<pid_t> old = children();
    if (!running() || kill(pid_, SIGUSR1) != 0 || !wait_generation(before))
        return false;
    return poll_until([&] {
        return std::none_of(old.begin(), old.end(),
                            [&](pid_t child) { return holds(child, socket); });
    });
}

bool Server::restart() {
    const std::size_t before = generations();
    return running() && kill(pid_, SIGHUP) == 0 && wait_generation(before);
}

bool Server::running() {
    int status = 0;
    if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) pid_ = -1;
    return pid_ > 0;
}

void Server::stop() {
    if (!running()) return;
    const pid_t group = pid_;
    // mpm_event may crash when it is stopped while it closes a connection (AH03092).
    poll_until([this] { return !is_connected(port_); }, std::chrono::milliseconds(300));
    kill(pid_, SIGTERM);
    if (poll_until([this] { return !running(); }, std::chrono::seconds(20))) return;
    ADD_FAILURE() << "httpd did not end 20 s after SIGTERM";
    kill(-group, SIGKILL);
    poll_until([this] { return !running(); });
}

Exit Server::configtest(const std::string& config, std::vector<std::string> by) {
    const fs::path file = write("configtest.conf", generated(config));
    by.insert(by.end(), {CPPCGI_HTTPD, "-d", root_, "-f", file, "-t"});
    return run(by, environment());
}

Exit Server::httpd(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {CPPCGI_HTTPD, "-d", root_, "-f",
                                    root_ / "httpd.conf"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run(all, environment());
}

std::filesystem::path Server::write(const fs::path& name, std::string_view text,
                                    unsigned mode) {
    const fs::path file = root_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    fs::permissions(file, static_cast<fs::perms>(mode));
    return file;
}

std::filesystem::path Server::install(const fs::path& built, const fs::path& name,
                                      unsigned mode) {
    const fs::path file = root_ / name;
    fs::create_directories(file.parent_path());
    fs::copy_file(build_dir() / built, file, fs::copy_options::overwrite_existing);
    fs::permissions(file, static_cast<fs::perms>(mode));
    return file;
}

void Server::make_certificate() {
    const Exit made =
        run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
             "-days", "2", "-keyout", root_ / "tls.key", "-out", root_ / "tls.crt"});
    ASSERT_EQ(made.status, 0) << made.output;
}

std::string Server::url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<pid_t> Server::children() const {
    const std::string pid = std::to_string(pid_);
    std::ifstream list("/proc/" + pid + "/task/" + pid + "/children");
    std::vector<pid_t> result;
    for (pid_t child; list >> child;) result.push_back(child);
    return result;
}

void Server::expect_calm() {
    for (const std::string& line : log_.unclaimed())
        ADD_FAILURE() << "unclaimed in the error log: " << line;
    for (const auto& report : fs::directory_iterator(root_ / "sanitizer"))
        ADD_FAILURE() << "sanitizer: " << read_file(report.path());
}

std::string sanitizer() {
    const char* name = std::getenv("CPPCGI_TEST_SANITIZER");
    return name != nullptr ? name : "";
}

std::vector<std::string> mpms() {
    const char* chosen = std::getenv("CPPCGI_TEST_MPMS");
    std::istringstream words(chosen != nullptr ? chosen : "event");
    std::vector<std::string> result;
    for (std::string word; words >> word;) result.push_back(word);
    return result;
}

void HttpdTest::TearDown() {
    server.stop();
    server.expect_calm();
}

}  // namespace cppcgi_test
