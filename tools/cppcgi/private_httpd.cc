#include "tools/cppcgi/private_httpd.h"

#include "tools/cppcgi/child_process.h"
#include "tools/installation.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <pwd.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace cppcgi::tools {

namespace fs = std::filesystem;

namespace {

sockaddr_in address_of(unsigned port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// 0, or the errno of why it cannot be listened on.
int try_port(unsigned port) {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in address = address_of(port);
    const bool is_free = ::bind(probe, reinterpret_cast<const sockaddr*>(&address),
                                sizeof address) == 0 &&
                         ::listen(probe, 1) == 0;
    const int error = is_free ? 0 : errno;
    ::close(probe);
    return error;
}

void write_file(const fs::path& file, std::string_view text, fs::perms mode) {
    const fs::path next = file.native() + ".next";
    std::ofstream out(next, std::ios::binary);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (!out) throw std::runtime_error("cannot write " + file.native());
    fs::permissions(next, mode);
    fs::rename(next, file);
}

constexpr fs::perms readable = fs::perms::owner_read | fs::perms::owner_write |
                               fs::perms::group_read | fs::perms::others_read;
constexpr fs::perms executable =
    readable | fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;

std::string text_of(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

// In httpd's quotes.
std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

}  // namespace

std::uint16_t free_port(unsigned wanted) {
    if (wanted > 65535)
        throw std::runtime_error("there is no port " + std::to_string(wanted) +
                                 ": give a number from 1 to 65535");
    if (wanted != 0) {
        const int error = try_port(wanted);
        if (error == EACCES)
            throw std::runtime_error("port " + std::to_string(wanted) +
                                     " may be opened by root only: choose one above "
                                     "1023, such as --port 8000");
        if (error != 0)
            throw std::runtime_error(
                "port " + std::to_string(wanted) +
                " of 127.0.0.1 is taken by another program: choose another one, or "
                "leave --port out");
        return static_cast<std::uint16_t>(wanted);
    }
    for (unsigned port = 8000; port < 8100; ++port)
        if (try_port(port) == 0) return static_cast<std::uint16_t>(port);
    throw std::runtime_error(
        "no port from 8000 to 8099 of 127.0.0.1 is free: choose one with --port");
}

PrivateHttpd::PrivateHttpd(fs::path root, std::uint16_t port)
    : root_(std::move(root)), port_(port) {
    if (::access(CPPCGI_HTTPD, X_OK) != 0)
        throw std::runtime_error("there is no httpd at " CPPCGI_HTTPD
                                 ": install it (Debian: apache2-bin)");
    if (::geteuid() == 0) open_to_children();
    for (const char* folder : {"docroot", "pages", "run"}) {
        fs::create_directory(root_ / folder);
        fs::permissions(root_ / folder, executable);
    }
    fs::create_symlink(own_program(), root_ / "cppcgi");
}

PrivateHttpd::~PrivateHttpd() { stop(); }

// They are somebody else when root starts the server.
void PrivateHttpd::open_to_children() const {
    fs::permissions(root_, executable);
    for (fs::path folder = root_.parent_path(); folder != folder.root_path();
         folder = folder.parent_path())
        if ((fs::status(folder).permissions() & fs::perms::others_exec) ==
            fs::perms::none)
            throw std::runtime_error("the server's children cannot enter " +
                                     folder.native() +
                                     ": name a directory that everybody can search "
                                     "with TMPDIR, such as /tmp");
}

// Other distributions build some of these in.
std::string PrivateHttpd::modules() const {
    std::string lines;
    for (const char* name : {"mpm_prefork", "unixd", "authz_core", "alias", "rewrite",
                             "env", "setenvif"}) {
        const fs::path file =
            fs::path(CPPCGI_HTTPD_MODULES) / (std::string("mod_") + name + ".so");
        if (fs::exists(file))
            lines += std::string("LoadModule ") + name + "_module " +
                     in_quotes(file.native()) + "\n";
    }
    return lines + "LoadModule cppcgi_module " + in_quotes(httpd_module().native()) +
           "\n";
}

std::string PrivateHttpd::user() const {
    if (::geteuid() != 0) return {};
    for (const char* name : {"www-data", "apache", "nobody"})
        if (const passwd* entry = ::getpwnam(name))
            return "User " + std::string(name) + "\nGroup \"#" +
                   std::to_string(entry->pw_gid) + "\"\n";
    throw std::runtime_error(
        "root needs a user for the server's children, such as www-data");
}

std::string PrivateHttpd::configuration(const std::vector<ServedUrl>& urls,
                                        const std::string& front) const {
    const std::string root = root_.native();
    std::string text =
        "ServerRoot " + in_quotes(root) +
        "\nServerName 127.0.0.1\nListen 127.0.0.1:" + std::to_string(port_) + "\n" +
        modules() + user() +
        "PidFile run/httpd.pid\nDefaultRuntimeDir run\n"
        "ErrorLog error.log\nErrorLogFormat \"%M\"\n"
        "LogLevel warn cppcgi:info\n"
        "StartServers 4\nMinSpareServers 4\nMaxSpareServers 16\n"
        "ServerLimit 64\nMaxRequestWorkers 64\nKeepAlive Off\n"
        "DocumentRoot docroot\nCppCGIReload auto\n"
        "<IfDirective CppCGIErrorReport>\n"
        "CppCGIErrorReport browser\n</IfDirective>\n";
    text += "RewriteEngine On\nRewriteMap current \"prg:" + root +
            "/cppcgi serve-ask " + root + "/ask " + std::to_string(generation_) +
            "\"\n";
    if (!front.empty()) text += "RewriteRule ^/$ " + in_quotes(front) + "\n";
    text +=
        "RewriteRule ^/last-good/ - [END]\n"
        "RewriteRule ^(/.*)$ - [E=CPPCGI_STATE:${current:$1|again}]\n"
        // A restart ends whom the old children ask: their answer is empty.
        "RewriteCond %{ENV:CPPCGI_STATE} !^(ok$|page:)\n"
        "RewriteRule ^(/.*)$ $1 [R=307,END,E=!CPPCGI_STATE]\n"
        "RewriteCond %{ENV:CPPCGI_STATE} ^page:(.+)$\n"
        "RewriteRule ^ /.cppcgi/%1 [PT,END,E=!CPPCGI_STATE]\n"
        "RewriteRule ^ - [PT,E=!CPPCGI_STATE]\n"
        "ScriptAlias /.cppcgi/ " +
        in_quotes(root + "/pages/") + "\n";
    fs::path last;
    for (const ServedUrl& served : urls) {
        if (served.library != last)
            text += "CppCGILibrary " + in_quotes(served.library.native()) + "\n";
        last = served.library;
        for (const std::string prefix : {"", "/last-good"})
            text += "<Location " + in_quotes(prefix + served.url) +
                    ">\nCppCGIHandler " +
                    in_quotes(served.library.stem().native() + ":" + served.handler) +
                    "\n</Location>\n";
    }
    return text;
}

void PrivateHttpd::configure(const std::vector<ServedUrl>& urls,
                             const std::string& front) {
    ++generation_;
    write_file(root_ / "httpd.conf", configuration(urls, front), readable);
}

void PrivateHttpd::write_page(const std::string& name, int status,
                              std::string_view html) {
    write_file(root_ / "pages" / (name + ".html"), html, readable);
    write_file(root_ / "pages" / name,
               "#!/bin/sh\nprintf 'Status: " + std::to_string(status) +
                   "\\r\\nContent-Type: text/html; charset=utf-8\\r\\n"
                   "Cache-Control: no-store\\r\\n\\r\\n'\nexec /bin/cat \"$0.html\"\n",
               executable);
}

bool PrivateHttpd::answers() const {
    if (!fs::exists(root_ / "run/httpd.pid")) return false;
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = address_of(port_);
    const bool connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&address),
                                     sizeof address) == 0;
    ::close(probe);
    return connected;
}

void PrivateHttpd::explain() {
    const std::string words = text_of(root_ / "start.log") + text_of(error_log());
    pid_ = -1;
    if (words.find("(98)Address already in use: AH00072") != words.npos)
        throw std::runtime_error("port " + std::to_string(port_) +
                                 " of 127.0.0.1 is taken by another program: choose "
                                 "another one with --port");
    throw std::runtime_error("httpd did not start; its own words:\n" + words);
}

void PrivateHttpd::start() {
    const int log = ::open((root_ / "start.log").c_str(),
                           O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    pid_ = start_program({CPPCGI_HTTPD, "-f", root_ / "httpd.conf", "-DFOREGROUND"},
                         {.output = log, .error = log, .own_group = true});
    ::close(log);
    constexpr std::chrono::milliseconds step{20};
    constexpr int most_steps = 1000;
    for (int i = 0; i < most_steps && !answers(); ++i) {
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) explain();
        std::this_thread::sleep_for(step);
    }
    if (answers()) return;
    stop();
    explain();
}

void PrivateHttpd::reload() {
    if (pid_ > 0) ::kill(pid_, SIGUSR1);
}

void PrivateHttpd::stop() noexcept {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    constexpr std::chrono::milliseconds step{20};
    constexpr int most_steps = 250;
    bool has_gone = false;
    for (int i = 0; i < most_steps && !has_gone; ++i) {
        has_gone = ::waitpid(pid_, nullptr, WNOHANG) != 0;
        if (!has_gone) std::this_thread::sleep_for(step);
    }
    // Handlers that do not return, and what has lost its parent.
    ::kill(-pid_, SIGKILL);
    if (!has_gone) ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

bool PrivateHttpd::has_ended(pid_t pid) noexcept {
    if (pid != pid_) return false;
    ::kill(-pid_, SIGKILL);
    pid_ = -1;
    return true;
}

}  // namespace cppcgi::tools
