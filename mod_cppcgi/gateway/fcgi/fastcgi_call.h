// One request of a FastCGI connection, over libfcgi's streams. Lives on the stack of the
// thread that serves it, with the FCGX_Request that it was read into.
#ifndef CPPCGI_GATEWAY_FCGI_FASTCGI_CALL_H
#define CPPCGI_GATEWAY_FCGI_FASTCGI_CALL_H

#include "gateway/program_call.h"

#include <fcgiapp.h>

#include <memory>
#include <vector>

namespace cppcgi::program {

// The variables of a request, then those of the worker that begin with CPPCGI_: what
// the server says for one URL wins over what the worker was started with.
class FastCgiEnvironment {
public:
    explicit FastCgiEnvironment(const FCGX_Request& request);
    const char* const* entries() const noexcept { return entries_.data(); }

private:
    std::vector<const char*> entries_;
};

class FastCgiCall : public ProgramCall {
public:
    FastCgiCall(std::string_view name, FCGX_Request& request,
                const FastCgiEnvironment& environment);

    int read(cppcgi_text& slice) override;
    bool aborted() override;
    void log_line(int level, std::string_view line) override;

    // Reads what the handler has left of the body, unless that is large. True when what
    // comes next on the connection is another request.
    bool read_rest();

protected:
    bool send(std::string_view head, std::string_view body, unsigned flags) override;

private:
    bool put(std::string_view data);

    FCGX_Request& request_;
    std::uint64_t unread_ = 0;
    bool has_length_ = false;
    int end_ = CPPCGI_READ_DATA;
    std::unique_ptr<char[]> block_;
    int log_level_;
};

}  // namespace cppcgi::program

#endif
