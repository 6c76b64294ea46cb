#include "tools/cppcgi/development_server.h"

#include <cppcgi/escape.h>

#include "host/card.h"
#include "tools/cppcgi/build_page.h"
#include "tools/cppcgi/unix_socket.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <set>
#include <stdexcept>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cppcgi::tools {

namespace fs = std::filesystem;

namespace {

// How often files are looked at when nobody asks.
constexpr std::chrono::milliseconds look_interval{250};
// A server child looks at its library ten times a second at most.
constexpr std::chrono::milliseconds until_children_look{130};

int open_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool is_source(const fs::path& file) {
    return file.extension() == ".cc" || file.extension() == ".cpp" ||
           file.extension() == ".cxx";
}

fs::path existing(const fs::path& target) {
    if (!fs::exists(target)) throw std::runtime_error("there is no " + target.native());
    if (!fs::is_directory(target) && !is_source(target) && target.extension() != ".so")
        throw std::runtime_error(target.native() +
                                 " is no source (.cc), library (.so) or directory");
    return fs::canonical(target);
}

}  // namespace

DevelopmentServer::DevelopmentServer(fs::path target, unsigned port)
    : target_(existing(target)),
      is_directory_(fs::is_directory(target_)),
      port_(free_port(port)),
      scratch_("serve"),
      httpd_(scratch_.path(), port_),
      signals_(open_signals()),
      listener_(listen_unix(httpd_.socket())) {
    fs::create_directory(scratch_.path() / "build");
    if (::geteuid() == 0)
        fs::permissions(scratch_.path() / "build",
                        fs::perms::group_exec | fs::perms::others_exec,
                        fs::perm_options::add);
    if (target_.extension() == ".so") {
        Served& served = served_[target_.stem()];
        served.library = target_;
    }
    find_sources();
    if (served_.empty())
        throw std::runtime_error("there is no source (.cc) in " + target_.native());
}

DevelopmentServer::~DevelopmentServer() {
    httpd_.stop();
    for (const Asker& asker : askers_) ::close(asker.descriptor);
    for (const int descriptor : {signals_, listener_, log_})
        if (descriptor >= 0) ::close(descriptor);
}

void DevelopmentServer::find_sources() {
    std::set<fs::path> sources;
    if (is_source(target_) && !is_directory_) sources.insert(target_);
    std::error_code ignored;
    if (is_directory_)
        for (const auto& entry : fs::directory_iterator(target_, ignored))
            if (is_source(entry.path()) &&
                !entry.path().stem().string().ends_with("_test"))
                sources.insert(entry.path());
    for (const fs::path& source : sources) {
        Served& served = served_[source.stem()];
        if (served.build) continue;
        served.build =
            std::make_unique<SourceBuild>(source, scratch_.path() / "build", compiler_);
        served.library = served.build->library();
    }
}

bool DevelopmentServer::is_building() const {
    return std::any_of(served_.begin(), served_.end(), [](const auto& one) {
        return one.second.build && one.second.build->is_building();
    });
}

// As many at once as there are processors; a question starts its own.
void DevelopmentServer::start_builds() {
    const long processors = std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN));
    long running = 0;
    for (auto& [name, served] : served_)
        running += served.build && served.build->is_building() ? 1 : 0;
    for (auto& [name, served] : served_) {
        if (running >= processors) return;
        if (!served.build || served.build->is_building()) continue;
        running += served.build->refresh() ? 1 : 0;
    }
}

void DevelopmentServer::take_signals() {
    signalfd_siginfo info;
    while (::read(signals_, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
            reap();
        } else {
            is_ending_ = true;
        }
    }
}

void DevelopmentServer::reap() {
    int status = 0;
    for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        if (httpd_.has_ended(pid)) {
            show_log();
            std::fprintf(stderr, "cppcgi: httpd has ended by itself\n");
            is_ending_ = true;
            status_ = 1;
        }
        for (auto& [name, served] : served_)
            if (served.build && served.build->process() == pid)
                finish(served, served.build->finish(pid, status));
    }
}

void DevelopmentServer::finish(Served& served, bool has_new_library) {
    const std::string name = served.build->name();
    if (served.build->is_broken()) {
        std::fprintf(stderr, "%s", served.build->words().c_str());
        std::fprintf(stderr, "cppcgi: %s does not compile\n",
                     served.build->source().c_str());
        const bool had_one = served.since_generation != 0;
        httpd_.write_page(
            name, 500,
            build_page(served.build->source().filename().native(),
                       served.build->words(), had_one ? "/last-good/" + name : ""));
    }
    if (!has_new_library) return;
    served.ready = Clock::now() + until_children_look;
    if (is_serving_) {
        std::fprintf(stderr, "cppcgi: built %s\n", name.c_str());
        register_handlers();
    }
}

// The server has to read its configuration again for a handler that it does not know.
void DevelopmentServer::register_handlers() {
    std::vector<ServedUrl> urls;
    std::set<std::string> taken;
    bool has_changed = !is_serving_;
    for (auto& [name, served] : served_) {
        if (served.build && !served.build->has_library()) continue;
        const host::CardResult cards = host::read_cards(served.library);
        if (cards.fault) {
            std::fprintf(stderr, "cppcgi: %s: %s\n",
                         host::message_number(cards.fault.cause),
                         cards.fault.text.c_str());
            continue;
        }
        std::vector<std::string> handlers;
        for (const host::Card& card : cards.cards) handlers.push_back(card.name);
        const bool is_new = handlers != served.handlers;
        has_changed = has_changed || is_new;
        if (is_new) served.since_generation = httpd_.generation() + 1;
        served.handlers = handlers;
        // The one called like the file, else the first, is at the file's name.
        const auto main = std::find(handlers.begin(), handlers.end(), name);
        const std::string front = main != handlers.end() ? name : handlers.front();
        urls.push_back({"/" + name, served.library, front});
        taken.insert(name);
        for (const std::string& handler : handlers)
            if (handler != front && served_.count(handler) == 0 &&
                taken.insert(handler).second)
                urls.push_back({"/" + handler, served.library, handler});
    }
    if (!has_changed) return;
    write_index();
    httpd_.configure(urls, is_directory_ ? "/.index" : "/" + served_.begin()->first);
    if (is_serving_) httpd_.reload();
}

void DevelopmentServer::write_index() {
    std::string page =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<title>Handlers</title></head>\n<body><h1>Handlers</h1>\n<ul>\n";
    for (const auto& [name, served] : served_)
        page += "<li><a href=\"/" + quote(name) + "\">" + escape(name) + "</a></li>\n";
    httpd_.write_page(".index", 200, page + "</ul></body></html>\n");
}

void DevelopmentServer::begin_serving() {
    register_handlers();
    httpd_.start();
    is_serving_ = true;
    log_ = ::open(httpd_.error_log().c_str(), O_RDONLY | O_CLOEXEC);
    say_address();
}

void DevelopmentServer::say_address() const {
    const std::string path = is_directory_ ? "/" : "/" + served_.begin()->first;
    std::printf("\n  %s is at  http://127.0.0.1:%u%s\n  Ctrl-C ends it.\n\n",
                target_.filename().c_str(), unsigned{port_}, path.c_str());
    std::fflush(stdout);
}

// Lines that say only what this program has said itself are left out.
void DevelopmentServer::show_log() {
    if (log_ < 0) return;
    std::string text;
    char block[4096];
    for (ssize_t got; (got = ::read(log_, block, sizeof block)) > 0;)
        text.append(block, static_cast<std::size_t>(got));
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        const std::string line = text.substr(0, end);
        if (line.find("CPPCGI0531") == line.npos) std::fputs(line.c_str(), stderr);
        text.erase(0, end);
    }
}

void DevelopmentServer::take_asker() {
    const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted >= 0) askers_.push_back({accepted, {}, 0, false, {}});
}

bool DevelopmentServer::read_from(Asker& asker) {
    char block[4096];
    const ssize_t got = ::read(asker.descriptor, block, sizeof block);
    if (got <= 0) return ::close(asker.descriptor), false;
    asker.unread.append(block, static_cast<std::size_t>(got));
    for (std::size_t end; (end = asker.unread.find('\n')) != std::string::npos;) {
        const std::string line = asker.unread.substr(0, end);
        asker.unread.erase(0, end + 1);
        if (asker.has_generation) {
            asker.question = line;
        } else {
            asker.generation = static_cast<unsigned>(std::atoi(line.c_str()));
            asker.has_generation = true;
        }
    }
    return true;
}

// The first part of a path, when a source or one of its handlers is called so.
std::string DevelopmentServer::name_in(const std::string& path) const {
    const std::string first = path.substr(1, path.find('/', 1) - 1);
    if (served_.count(first) != 0) return first;
    for (const auto& [name, served] : served_)
        if (std::count(served.handlers.begin(), served.handlers.end(), first) != 0)
            return name;
    return {};
}

std::string DevelopmentServer::answer_to(const Asker& asker) {
    if (asker.question == "/.index") return "page:.index";
    if (is_directory_) find_sources();
    const auto found = served_.find(name_in(asker.question));
    if (found == served_.end()) return "ok";
    Served& served = found->second;
    if (!served.build) return "ok";
    if (served.build->refresh() || Clock::now() < served.ready) return {};
    if (served.build->is_broken()) return "page:" + found->first;
    return asker.generation < served.since_generation ? "again" : "ok";
}

void DevelopmentServer::answer_what_can_be() {
    for (Asker& asker : askers_) {
        if (asker.question.empty()) continue;
        std::string answer = answer_to(asker);
        if (answer.empty()) continue;
        asker.question.clear();
        answer += '\n';
        // One that has gone is noticed when it is read from.
        [[maybe_unused]] const ssize_t told =
            ::send(asker.descriptor, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
}

int DevelopmentServer::run() {
    Clock::time_point next_look{};
    while (!is_ending_) {
        if (Clock::now() >= next_look) {
            find_sources();
            start_builds();
            show_log();
            next_look = Clock::now() + look_interval;
        }
        if (!is_serving_ && !is_building()) begin_serving();
        answer_what_can_be();
        const bool is_asked =
            std::any_of(askers_.begin(), askers_.end(),
                        [](const Asker& asker) { return !asker.question.empty(); });
        std::vector<pollfd> ready = {{signals_, POLLIN, 0}, {listener_, POLLIN, 0}};
        for (const Asker& asker : askers_)
            ready.push_back({asker.descriptor, POLLIN, 0});
        ::poll(ready.data(), ready.size(),
               is_asked || !is_serving_ ? 20 : static_cast<int>(look_interval.count()));
        if (ready[0].revents != 0) take_signals();
        auto asker = askers_.begin();
        for (std::size_t i = 2; i < ready.size(); ++i) {
            const auto one = asker++;
            if (ready[i].revents != 0 && !read_from(*one)) askers_.erase(one);
        }
        if (ready[1].revents != 0) take_asker();
    }
    return status_;
}

}  // namespace cppcgi::tools
