// Moves everything between a client and a running script in one poll: the request body to
// stdin, stdout to the response, stderr to the log, the script's exit, the client's
// leaving, and the bound on silence. Nothing waits for anything else, so a script may
// write before it reads, leave its input unread, or answer during an upload. Owned by one
// request, used by its thread.
#ifndef CPPCGI_MODULE_PUMP_H
#define CPPCGI_MODULE_PUMP_H

#include "module/script_body.h"
#include "module/script_errors.h"
#include "module/script_output.h"
#include "module/script_process.h"
#include "module/script_settings.h"

#include <poll.h>

#include <array>
#include <chrono>
#include <memory>
#include <string_view>

namespace cppcgi::module {

// Who makes something of the script's output before it goes on: the reader of its head.
class OutputSink {
public:
    virtual ~OutputSink() = default;
    // Takes what the script wrote. False: nothing more of it is of use.
    virtual bool take(std::string_view bytes) = 0;
};

class Pump {
public:
    enum class End {
        running,
        output_ended,    // the script closed its stdout
        output_refused,  // the sink wants no more
        timed_out,       // CppCGITimeout without a sign of the script
        client_gone,     // it closed or reset its connection, or reads no more
        body_failed,     // the request body could not be read: body.status()
        failed           // poll or read: error()
    };

    Pump(request_rec* r, ScriptProcess& process, ScriptBody& body, ScriptOutput& output,
         ScriptErrors& errors, OutputSink& sink, const ScriptSettings& settings);

    // Nothing is held back: each piece is flushed at once (nph-).
    void flush_at_once() noexcept { flush_at_once_ = true; }

    End run();
    int error() const noexcept { return error_; }

private:
    using Clock = std::chrono::steady_clock;
    enum Entry {
        to_script,
        from_script,
        errors_of_script,
        exit_of_script,
        client,
        entries
    };

    // What the pump can only wait for now.
    enum class Waiting { for_script, for_client_to_send, for_client_to_read };

    End step();
    void prepare();
    int wait_time() const;
    End expire();
    Waiting waiting() const noexcept;
    End read_output();
    End read_body();
    void write_body();
    void close_input();
    End watch_client();
    Clock::time_point output_time() const noexcept;
    bool output_is_due() const noexcept;
    bool is_stalled() const noexcept;
    std::size_t most_held() const noexcept;
    bool readable(Entry entry) const noexcept;

    request_rec* r_;
    ScriptProcess& process_;
    ScriptBody& body_;
    ScriptOutput& output_;
    ScriptErrors& errors_;
    OutputSink& sink_;
    const ScriptSettings& settings_;

    std::array<pollfd, entries> polled_{};
    int client_fd_ = -1;  // -1: none of its own (a stream of HTTP/2)
    std::unique_ptr<char[]> buffer_;
    Clock::time_point now_;
    Clock::time_point last_progress_;
    Clock::time_point last_body_;  // when the client last sent some of it
    Clock::time_point flush_at_;   // when what is held must go; max: nothing is held
    Clock::time_point leave_at_;   // when a client that sent FIN counts as gone
    Clock::time_point read_at_;    // when to ask for more of the body without a sign
    std::chrono::milliseconds read_pause_{1};
    bool exit_seen_ = false;
    bool flush_at_once_ = false;
    int error_ = 0;
};

}  // namespace cppcgi::module

#endif
