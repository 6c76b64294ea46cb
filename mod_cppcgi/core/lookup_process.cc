#include "core/lookup_process.h"

#include "core/source_excerpt.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cppcgi::detail {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_bytes = 4 * 1024 * 1024;
constexpr std::size_t most_of_a_name = 500;

// One letter, the text, NUL: P ends a place; F, f, l and S, n begin and fill a frame.
void append(std::string& out, char kind, std::string_view text) {
    out += kind;
    for (const char c : text) out += c == '\0' ? ' ' : c;
    out += '\0';
}

std::uint32_t to_number(std::string_view text) noexcept {
    std::uint32_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// A server's child has connections and files open that must not stay open for our sake.
void close_others(std::vector<int> kept) {
    std::sort(kept.begin(), kept.end());
    unsigned first = 3;
    for (const int descriptor : kept) {
        if (descriptor < 3) continue;
        const auto number = static_cast<unsigned>(descriptor);
        if (first < number) close_range(first, number - 1, 0);
        first = number + 1;
    }
    close_range(first, ~0U, 0);
}

void become_alone(const sigset_t& mask) noexcept {
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit no_core = {0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
}

void write_all(int descriptor, std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

[[noreturn]] void be_lookup(const std::vector<CodePlace>& places, int out,
                            const sigset_t& mask) noexcept {
    become_alone(mask);
    std::vector<int> files, kept = {out};
    for (const CodePlace& place : places) {
        files.push_back(::open(place.mapped_as.c_str(), O_RDONLY | O_CLOEXEC));
        kept.push_back(files.back());
    }
    close_others(std::move(kept));
    std::vector<SourceFrames> found = find_source_frames(places, files);
    for (SourceFrames& frames : found)
        for (SourceFrame& frame : frames)
            frame.source = read_source_excerpt(frame.file, frame.line);
    write_all(out, write_frames(found));
    ::_exit(0);
}

// All that is written until the other end is closed; nothing when that takes too long.
std::optional<std::string> read_until(int in, Clock::time_point deadline) {
    std::string text;
    char block[16384];
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - Clock::now());
        if (left.count() <= 0) return {};
        pollfd ready = {in, POLLIN, 0};
        const int count = ::poll(&ready, 1, static_cast<int>(left.count()));
        if (count < 0 && errno != EINTR) return {};
        if (count <= 0) continue;
        const ssize_t got = ::read(in, block, sizeof block);
        if (got == 0) return text;
        if (got < 0 && errno != EINTR) return {};
        if (got > 0) text.append(block, static_cast<std::size_t>(got));
        if (text.size() > most_bytes) return {};
    }
}

struct Process {
    pid_t pid = -1;
    int out = -1;
};

Process start(const std::vector<CodePlace>& places) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {};
    // Until its handlers are gone, no signal may run the server's in the new process.
    sigset_t all, former;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &former);
    const pid_t pid = ::fork();
    if (pid == 0) be_lookup(places, ends[1], former);
    ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
    ::close(ends[1]);
    if (pid < 0) ::close(ends[0]);
    return pid < 0 ? Process{} : Process{pid, ends[0]};
}

}  // namespace

std::string write_frames(const std::vector<SourceFrames>& places) {
    std::string out;
    for (const SourceFrames& frames : places) {
        for (const SourceFrame& frame : frames) {
            append(out, 'F',
                   std::string_view(frame.function).substr(0, most_of_a_name));
            append(out, 'f', std::string_view(frame.file).substr(0, most_of_a_name));
            append(out, 'l', std::to_string(frame.line));
            for (const SourceLine& line : frame.source) {
                append(out, 'n', std::to_string(line.number));
                append(out, 'S', line.text);
            }
        }
        append(out, 'P', "");
    }
    return out;
}

std::vector<SourceFrames> read_frames(const std::string& text) {
    std::vector<SourceFrames> places;
    SourceFrames frames;
    std::uint32_t number = 0;
    std::string_view rest = text;
    for (std::size_t end = 0; (end = rest.find('\0')) != std::string_view::npos && end;
         rest.remove_prefix(end + 1)) {
        const char kind = rest.front();
        const std::string value(rest.substr(1, end - 1));
        if (kind == 'P') places.push_back(std::exchange(frames, {}));
        if (kind == 'F') frames.emplace_back().function = value;
        if (kind == 'n') number = to_number(value);
        if (frames.empty()) continue;
        if (kind == 'f') frames.back().file = value;
        if (kind == 'l') frames.back().line = to_number(value);
        if (kind == 'S') frames.back().source.push_back({number, value});
    }
    return places;
}

std::vector<SourceFrames> run_lookup(const std::vector<CodePlace>& places,
                                     Clock::time_point deadline) {
    const Process process = start(places);
    if (process.pid < 0) return {};
    const auto text = read_until(process.out, deadline);
    ::close(process.out);
    // It has written all there is, or has had its time.
    ::kill(process.pid, SIGKILL);
    while (::waitpid(process.pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return text ? read_frames(*text) : std::vector<SourceFrames>{};
}

}  // namespace cppcgi::detail
