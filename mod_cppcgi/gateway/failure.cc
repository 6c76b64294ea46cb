#include "gateway/failure.h"

#include "core/characters.h"
#include "core/failure_message.h"

#include <cstring>
#include <initializer_list>
#include <vector>

namespace cppcgi::program {

namespace {

constexpr int error = 3, warning = 4, info = 6;

// One line whatever it holds: control characters as httpd's log writes them.
void append_escaped_line(std::string& line, std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            line += "\\n";
        } else if (detail::is_control(c) && c != '\t') {
            line += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        } else {
            line += c;
        }
    }
}

void log_words(ProgramCall& call, int level,
               std::initializer_list<std::string_view> words) {
    std::string line;
    for (const std::string_view word : words) append_escaped_line(line, word);
    call.log_line(level, line);
}

struct Reason {
    int status;
    const char* text;
};

// Those that cppcgi::Error carries itself, and what handlers are likely to throw.
constexpr Reason reasons[] = {{400, "Bad Request"},
                              {401, "Unauthorized"},
                              {403, "Forbidden"},
                              {404, "Not Found"},
                              {405, "Method Not Allowed"},
                              {408, "Request Timeout"},
                              {409, "Conflict"},
                              {410, "Gone"},
                              {411, "Length Required"},
                              {413, "Content Too Large"},
                              {414, "URI Too Long"},
                              {415, "Unsupported Media Type"},
                              {422, "Unprocessable Content"},
                              {429, "Too Many Requests"},
                              {431, "Request Header Fields Too Large"},
                              {500, "Internal Server Error"},
                              {501, "Not Implemented"},
                              {503, "Service Unavailable"}};

std::string_view reason_of(int status) noexcept {
    for (const Reason& reason : reasons)
        if (reason.status == status) return reason.text;
    return status < 500 ? "Request Refused" : "Server Error";
}

cppcgi_text to_c(std::string_view text) noexcept { return {text.data(), text.size()}; }

}  // namespace

void log_message(ProgramCall& call, const cppcgi_log_record& record) {
    const std::string_view message(record.message.data, record.message.size);
    if (!record.file)
        return log_words(call, record.level,
                         {"CPPCGI0200: ", call.name(), ": ", message});
    log_words(call, record.level,
              {"CPPCGI0200: ", call.name(), ": ", message, " (", record.file, ":",
               std::to_string(record.line), ")"});
}

namespace {

void log_failure(ProgramCall& call, const cppcgi_outcome& outcome,
                 std::string_view report) {
    const detail::FailureMessage message = detail::failure_message(outcome);
    if (outcome.cause == CPPCGI_CAUSE_LIMIT)
        return log_words(call, outcome.status < 500 ? warning : error,
                         {message.number, ": handler ", call.name(),
                          " refused a request with ", std::to_string(outcome.status),
                          ": ", outcome.what, "; ", message.remedy, report});
    const bool is_unknown = outcome.cause == CPPCGI_CAUSE_UNKNOWN;
    log_words(call, error,
              {message.number, ": handler ", call.name(), " threw ", outcome.type,
               outcome.what[0] ? ": " : "", outcome.what,
               is_unknown ? ", which is not derived from std::exception" : "", report,
               "; ", message.remedy});
}

}  // namespace

void log_outcome(ProgramCall& call, const cppcgi_outcome& outcome,
                 std::string_view report) {
    const std::string status = std::to_string(outcome.status);
    const int level = outcome.status < 500 ? warning : error;
    switch (outcome.cause) {
        case CPPCGI_CAUSE_ERROR:
            return log_words(call, level,
                             {"CPPCGI0201: handler ", call.name(), " answered ", status,
                              ": ", outcome.what, report});
        case CPPCGI_CAUSE_LIMIT:
        case CPPCGI_CAUSE_EXCEPTION:
        case CPPCGI_CAUSE_UNKNOWN:
            return log_failure(call, outcome, report);
        case CPPCGI_CAUSE_ABORTED:
            return log_words(call, info,
                             {"CPPCGI0205: the client left before handler ",
                              call.name(), " had answered"});
        default:
            return;  // a refused head has had its line
    }
}

void log_bad_head(ProgramCall& call, std::string_view what) {
    log_words(call, error,
              {"CPPCGI0210: the response head of handler ", call.name(),
               " is refused as a whole: ", what,
               "; take line ends and controls out of what is put into a header"});
}

void log_wrong_length(ProgramCall& call, std::int64_t missing) {
    log_words(
        call, error,
        {"CPPCGI0211: handler ", call.name(), " declared a Content-Length and wrote ",
         std::to_string(missing < 0 ? -missing : missing), " bytes ",
         missing < 0 ? "more, which were not sent" : "less",
         "; leave the header out, it is counted"});
}

void log_failed_life(ProgramCall& call, std::string_view failure) {
    log_words(call, error,
              {"CPPCGI0223: program ", call.name(), ": its ", failure,
               "; remove what the exception names"});
}

void log_unknown_handler(ProgramCall& call) {
    log_words(
        call, error,
        {"CPPCGI0221: no handler of this worker is called ",
         call.environment()
             .variable("CPPCGI_HANDLER")
             .value_or(
                 call.environment().variable("SCRIPT_NAME").value_or("(nothing)")),
         "; let the server set CPPCGI_HANDLER for this URL to the name of one"});
}

void log_bad_limit(ProgramCall& call, std::string_view variable) {
    log_words(
        call, error,
        {"CPPCGI0220: the environment variable ", variable, " of handler ", call.name(),
         " is no number of bytes, so the default holds; write it as 1048576, "
         "1024K, 1M or 1G"});
}

void log_unstored_report(ProgramCall& call, std::string_view path, int code) {
    log_words(
        call, error,
        {"CPPCGI0601: the error report ", path, " of handler ", call.name(),
         " could not be written: ", std::strerror(code),
         "; the directory has to exist and to belong to the user that the program "
         "runs as"});
}

void send_error_page(ProgramCall& call, int status) {
    if (status < 400 || status > 599) status = 500;
    const std::string title =
        std::to_string(status) + " " + std::string(reason_of(status));
    std::string page = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>";
    page += title;
    page += "</title></head><body><h1>";
    page += title;
    page += "</h1></body></html>\n";
    std::vector<cppcgi_pair> fields = {
        {to_c("Content-Type"), to_c("text/html; charset=utf-8")}};
    for (const auto& [name, value] : call.error_fields())
        fields.push_back({to_c(name), to_c(value)});
    const cppcgi_head head = {sizeof head, status, to_c(reason_of(status)),
                              fields.data(), fields.size()};
    call.take_head(head);
    call.write(page, CPPCGI_WRITE_END);
}

}  // namespace cppcgi::program
