// The gateway of a classic CGI program (RFC 3875): environment, body from one descriptor
// as far as CONTENT_LENGTH goes, response to another. Nothing is buffered here.
#ifndef CPPCGI_GATEWAY_CGI_H
#define CPPCGI_GATEWAY_CGI_H

#include "gateway/program_call.h"

#include <memory>
#include <span>

namespace cppcgi::program {

struct CgiDescriptors {
    int input = 0;
    int output = 1;
    int error = 2;
};

class CgiCall : public ProgramCall {
public:
    // `arguments` as the server passes them, without the program's name.
    CgiCall(std::string_view name, const char* const* environment,
            std::span<const char* const> arguments, CgiDescriptors descriptors = {});

    int read(cppcgi_text& slice) override;
    bool aborted() override;
    void log_line(int level, std::string_view line) override;

    // run() between the start and the end of the program; 503 when that cannot start.
    bool run_program(cppcgi_entry entry);

protected:
    bool send(std::string_view head, std::string_view body, unsigned flags) override;
    bool send_from(int descriptor, std::uint64_t offset, std::uint64_t length) override;

private:
    CgiDescriptors descriptors_;
    std::uint64_t unread_ = 0;
    int end_ = CPPCGI_READ_DATA;  // what every further read returns, once not DATA
    std::unique_ptr<char[]> block_;
    int log_level_ = 6;
};

// Runs the program's handler for the one request it was started for. Returns the exit
// status. When a part of the response has left and the rest failed, the process ends by a
// signal, the only end that servers tell from a complete response.
int run_cgi(std::string_view name, cppcgi_entry entry, const char* const* environment,
            std::span<const char* const> arguments);

}  // namespace cppcgi::program

#endif
