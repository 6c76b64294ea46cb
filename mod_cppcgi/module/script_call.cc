#include "module/script_call.h"

#include "core/head_message.h"
#include "gateway/httpd/log.h"
#include "host/script_fault.h"
#include "module/script_log.h"
#include "module/script_privileged.h"

#include <apr_strings.h>
#include <cstring>
#include <http_protocol.h>
#include <string>

namespace cppcgi::module {

namespace {

using namespace std::chrono_literals;

// A process that the kernel is taking down is a zombie within microseconds, unless the
// machine is very busy.
constexpr std::chrono::milliseconds exit_delay = 1000ms;

const char* base_name(const char* path) noexcept {
    const char* slash = std::strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// What an ErrorDocument finds in REDIRECT_ERROR_NOTES: mod_cgi's words, and no path.
void note_error(request_rec* r, const char* what, const char* detail = "") {
    const char* text =
        apr_pstrcat(r->pool, what, base_name(r->filename), detail, nullptr);
    apr_table_setn(r->notes, "error-notes", ap_escape_html(r->pool, text));
}

}  // namespace

bool is_nph(const request_rec* r) noexcept {
    return std::strncmp(base_name(r->filename), "nph-", 4) == 0;
}

ScriptCall::ScriptCall(request_rec* r, const ScriptSettings& settings)
    : r_(r),
      settings_(settings),
      caretaker_(caretaker_of(r->server)),
      body_(r, settings, settings.keep_body),
      errors_(r, settings.keep_errors),
      output_(r),
      nph_(is_nph(r)) {}

int ScriptCall::run() {
    if (const int status = body_.prepare(); status != OK) return status;
    if (const int status = start(); status != OK) {
        body_.drain();
        return status;
    }
    if (nph_) output_.bypass_filters();
    Pump pump(r_, process_, body_, output_, errors_, *this, settings_);
    if (nph_) pump.flush_at_once();
    const Pump::End end = pump.run();
    const int status = conclude(end, pump.error());
    // Before httpd's own answer.
    if (status != OK) body_.drain();
    return status;
}

int ScriptCall::start() {
    command_.path = r_->filename;
    command_.directory = ap_make_dirstr_parent(r_->pool, r_->filename);
    command_.environment = script_environment(r_, body_.length());
    command_.arguments = script_arguments(r_, settings_.arguments);
    command_.input_file = body_.file();
    command_.input_pipe = body_.streams();
    const int status = start_script(r_, command_, caretaker_, process_);
    if (status != OK) {
        write_script_log(r_, {.status = status, .error = "the script did not start"});
    }
    return status;
}

bool ScriptCall::take(std::string_view bytes) {
    if (!nph_ && !head_.done()) return take_head(bytes);
    if (response_.kind == ScriptResponse::Kind::body) output_.add(bytes);
    return true;
}

bool ScriptCall::take_head(std::string_view bytes) {
    const std::size_t taken = head_.feed(bytes);
    if (head_.refused()) {
        if (settings_.keep_errors != 0) rest_ = bytes.substr(taken);
        return false;
    }
    if (!head_.done()) return true;
    headers_before_ = apr_table_copy(r_->pool, r_->headers_out);
    err_headers_before_ = apr_table_copy(r_->pool, r_->err_headers_out);
    response_ = apply_head(r_, head_);
    if (response_.kind != ScriptResponse::Kind::body) return true;
    output_.open();
    output_.add(bytes.substr(taken));
    return true;
}

int ScriptCall::conclude(Pump::End end, int error) {
    switch (end) {
        case Pump::End::output_ended:
            return conclude_output();
        case Pump::End::output_refused:
            return conclude_head_fault();
        case Pump::End::timed_out:
            return conclude_timeout();
        case Pump::End::client_gone:
            ap_log_rerror(
                APLOG_MARK, APLOG_INFO, 0, r_,
                "CPPCGI0405: the client left before %s had answered; the script "
                "is ended",
                r_->filename);
            r_->connection->aborted = 1;
            end_script();
            return OK;
        case Pump::End::body_failed:
            if (body_.status() == OK) body_.log_silence();
            return fail(body_.status() == OK ? HTTP_REQUEST_TIME_OUT : body_.status());
        case Pump::End::failed:
        case Pump::End::running:
            break;
    }
    ap_log_rerror(APLOG_MARK, APLOG_ERR, error, r_,
                  "CPPCGI0406: the pipes of %s could not be read; the script is ended",
                  r_->filename);
    return fail(HTTP_INTERNAL_SERVER_ERROR);
}

int ScriptCall::conclude_output() {
    if (nph_ || head_.done()) return finish();
    head_.finish();
    return conclude_head_fault();
}

// The script closed its stdout with a whole head before.
int ScriptCall::finish() {
    const bool ended = wait_for_exit();
    if (ended && process_.exit().signalled) {
        log_exit();
        return fail(HTTP_INTERNAL_SERVER_ERROR);
    }
    if (ended && process_.exit().code != 0) {
        ap_log_rerror(
            APLOG_MARK, APLOG_INFO, 0, r_,
            "CPPCGI0408: %s ended with %s after its response, which is taken for "
            "complete",
            r_->filename, process_.exit().text().c_str());
    }
    int status = OK;
    switch (response_.kind) {
        case ScriptResponse::Kind::body: {
            const bool early = !body_.is_complete();
            // What is there is heard at once, its end when the upload has ended.
            if (early && r_->connection->master && output_.pass(true)) body_.drain();
            if (!output_.finish(early)) r_->connection->aborted = 1;
            break;
        }
        case ScriptResponse::Kind::local_redirect:
            leave_to_caretaker();
            body_.drain();
            return answer_with(r_, response_.location);
        case ScriptResponse::Kind::status:
            status = response_.status;
            if (status == HTTP_NOT_MODIFIED) {
                // Not an error: with a status returned, mod_cache could not see that its
                // own conditions were met.
                r_->status = status;
                status = OK;
            }
            break;
    }
    leave_to_caretaker();
    return status;
}

int ScriptCall::conclude_head_fault() {
    const HeadFault fault = head_.fault();
    const std::string line(head_.offending_line());
    if (fault != HeadFault::empty && fault != HeadFault::unfinished) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r_,
                      "%s: %s wrote a response head that is refused: %s: \"%s\"; %s",
                      message_number(fault), r_->filename, text(fault), line.c_str(),
                      remedy(fault));
        note_error(r_, "malformed header from script '",
                   apr_psprintf(r_->pool, "': Bad header: %.30s", line.c_str()));
        return fail(HTTP_INTERNAL_SERVER_ERROR);
    }
    // Programs that close their stdout before they end (all of coreutils) are a moment
    // behind; the answer is an error anyway, and its cause is worth that moment.
    const bool ended = process_.ended_within(exit_delay / 2);
    const std::string end = ended ? "ended with " + process_.exit().text()
                                  : std::string("closed its output");
    if (is_refusal_of_suexec(ended)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r_,
                      "CPPCGI0425: suexec refused to start %s (%s); its own log, which "
                      "suexec -V names, has the reason",
                      r_->filename, process_.exit().text().c_str());
    } else if (ended && process_.exit().signalled) {
        const SignalMessage message = signal_message(process_.exit().code, false);
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r_,
                      "%s: %s %s before its response head was whole; %s",
                      message.number, r_->filename, end.c_str(), message.remedy);
    } else if (fault == HeadFault::empty) {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r_,
            "%s: %s %s and wrote nothing, not even a response head; its stderr above "
            "may tell why",
            message_number(fault), r_->filename, end.c_str());
    } else {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r_,
            "%s: %s %s before the empty line that ends its response head; its last "
            "line: \"%s\"",
            message_number(fault), r_->filename, end.c_str(), line.c_str());
    }
    if (ended) explain_exit();
    note_error(r_, fault == HeadFault::empty ? "End of script output before headers: "
                                             : "Premature end of script headers: ");
    return fail(HTTP_INTERNAL_SERVER_ERROR);
}

// suexec ends with 101 and more, a number for each of its checks.
bool ScriptCall::is_refusal_of_suexec(bool ended) const {
    return ended && head_.fault() == HeadFault::empty && !process_.exit().signalled &&
           process_.exit().code > 100 && process_.exit().code < 126 &&
           is_privileged(r_);
}

// 126 and 127 are what env, the shell and the dynamic linker end with when they cannot
// start what they were asked to; an interpreter that gets "-e<CR>" ends as it likes, a
// shell that may not read its script ends with 2, and a library or half a program that is
// run as one crashes. But for the first, they write nothing.
void ScriptCall::explain_exit() {
    const ScriptExit& exit = process_.exit();
    if (!exit.signalled && exit.code == 0) return;
    const host::ScriptFault fault =
        host::find_script_fault({.path = command_.path,
                                 .user = host::current_identity(),
                                 .has_failed = true,
                                 .argv = command_.arguments,
                                 .envp = command_.environment});
    const bool is_start = !exit.signalled && (exit.code == 126 || exit.code == 127);
    const bool has_said_nothing = head_.fault() == HeadFault::empty;
    if (!fault || !(is_start || has_said_nothing ||
                    fault.cause == host::ScriptCause::carriage_return))
        return;
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r_, "%s: %s",
                  host::message_number(fault.cause), fault.text.c_str());
}

int ScriptCall::conclude_timeout() {
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r_,
                  "%s: %s was silent for %.1f s %s and is ended with its process "
                  "group; raise CppCGITimeout when it needs longer",
                  silence_number(head_.done()), r_->filename,
                  static_cast<double>(settings_.timeout.count()) / 1000,
                  head_.done() ? "within its response" : "before its response head");
    note_error(r_, "Script timed out before returning headers: ");
    return fail(HTTP_GATEWAY_TIME_OUT);
}

// Ends the script and answers with a status, or, when the answer is on its way, so that
// the client sees that it is not complete.
int ScriptCall::fail(int status) {
    const bool started = output_.started();
    if (started) output_.break_off();
    if (process_.err.is_open()) errors_.read_from(process_.err.get());
    write_script_log(r_, {.status = status,
                          .body = body_.kept(),
                          .head = head_.raw(),
                          .output = rest_,
                          .errors = errors_.kept()});
    end_script();
    if (started) return OK;
    if (!head_.done()) return status;
    // What the script said of its answer does not hold for ours.
    r_->headers_out = headers_before_;
    r_->err_headers_out = err_headers_before_;
    r_->status = HTTP_OK;
    r_->status_line = nullptr;
    return status;
}

bool ScriptCall::wait_for_exit() {
    if (process_.ended()) return true;
    return process_.is_exiting() && process_.ended_within(exit_delay);
}

void ScriptCall::log_exit() {
    const SignalMessage message = signal_message(process_.exit().code, true);
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r_,
                  "%s: %s was ended by %s within its response; %s", message.number,
                  r_->filename, process_.exit().text().c_str(), message.remedy);
}

void ScriptCall::leave_to_caretaker() {
    caretaker_.let_finish(std::move(process_), std::move(errors_), settings_.timeout);
}

void ScriptCall::end_script() {
    if (process_.err.is_open()) errors_.read_from(process_.err.get());
    caretaker_.end(std::move(process_), std::move(errors_));
}

}  // namespace cppcgi::module
