// One call of a handler, seen from a program: its environment, and a body and an answer
// whose ends the gateways that derive from it know (descriptors, a FastCGI stream, memory).
// Lives on the stack of who makes the call; used by the thread that runs the handler.
#ifndef CPPCGI_GATEWAY_PROGRAM_CALL_H
#define CPPCGI_GATEWAY_PROGRAM_CALL_H

#include <cppcgi/abi.h>

#include "core/kept_report.h"
#include "gateway/environment.h"
#include "gateway/plain_response.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cppcgi::program {

class ProgramCall {
public:
    // `name` of the handler, for log lines.
    ProgramCall(std::string_view name, const char* const* environment);
    virtual ~ProgramCall();
    ProgramCall(const ProgramCall&) = delete;
    ProgramCall& operator=(const ProgramCall&) = delete;

    std::string_view name() const noexcept { return name_; }
    Environment& environment() noexcept { return environment_; }
    const std::vector<std::string>& arguments() const noexcept { return arguments_; }

    // These mean what cppcgi_gateway says. The head has been checked.
    void take_head(const cppcgi_head& head) { response_.take_head(head); }
    bool write(std::string_view data, unsigned flags);
    bool send_file(int descriptor, std::uint64_t offset, std::uint64_t length,
                   unsigned flags);

    void add_error_field(std::string_view name, std::string_view value) {
        error_fields_.emplace_back(name, value);
    }
    void redirect(std::string_view location) { redirect_ = location; }

    virtual int read(cppcgi_text& slice) = 0;
    virtual bool aborted() = 0;
    // A line with its number, without control characters and without a line end.
    virtual void log_line(int level, std::string_view line) = 0;

    // Calls a handler, logs how that went, and puts a short page in the place of a
    // response that failed before it began. False when the response broke off, or is
    // shorter than the length it declared: what has left must then be made to look
    // incomplete.
    bool run(cppcgi_entry entry);
    // The second half of that, for a call made otherwise.
    bool conclude(const cppcgi_outcome& outcome);
    // Fields that the page of an error is to have beside its own.
    const std::vector<std::pair<std::string, std::string>>& error_fields()
        const noexcept {
        return error_fields_;
    }
    // What libcppcgi says of the exception that is going to end the call.
    void keep(const cppcgi_report& report) { exception_ = detail::KeptReport(report); }
    // True when the handler did not end well.
    bool failed() const noexcept { return failed_; }

protected:
    // Sends the head, unless that is empty, and a piece of the body.
    // False when the client has gone.
    virtual bool send(std::string_view head, std::string_view body, unsigned flags) = 0;
    // Unless something quicker is there, reads the file and sends it.
    virtual bool send_from(int descriptor, std::uint64_t offset, std::uint64_t length);

    std::vector<std::string> arguments_;
    bool failed_ = false;

private:
    std::string_view name_;
    Environment environment_;
    PlainResponse response_;
    std::vector<std::pair<std::string, std::string>> error_fields_;
    std::string redirect_;
    detail::KeptReport exception_;
};

// The table; `call` is a ProgramCall*.
extern const cppcgi_gateway program_gateway;

// Words of a query without "=", decoded (RFC 3875 section 4.4), for gateways whose server
// does not hand them over.
std::vector<std::string> query_arguments(std::string_view query);

}  // namespace cppcgi::program

#endif
