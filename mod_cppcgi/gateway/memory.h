// The gateway without a server: a request as plain values, its response kept as text. For
// tests, and for tools that make one request. Owned and used by one thread.
#ifndef CPPCGI_GATEWAY_MEMORY_H
#define CPPCGI_GATEWAY_MEMORY_H

#include <cppcgi/limits.h>
#include <cppcgi/testing.h>

#include "gateway/program_call.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cppcgi::program {

struct MemoryRequest {
    std::string method = "GET";
    std::string url = "/";  // SCRIPT_NAME is its first part, PATH_INFO the rest
    std::string body = {};
    testing::Options options = {};
    // For tests of what is not nice: how the body is cut, how it ends (CPPCGI_READ_END,
    // or a negative status), and after how many bytes of the response the client leaves.
    std::size_t slice = SIZE_MAX;
    int body_end = CPPCGI_READ_END;
    std::size_t client_takes = SIZE_MAX;
};

// The list for Environment that a server would make.
class MemoryEnvironment {
public:
    explicit MemoryEnvironment(const MemoryRequest& request);
    const char* const* entries() const noexcept { return entries_.data(); }

private:
    void add(std::string_view name, std::string_view value);
    void add_url(std::string_view url);
    void add_headers(const MemoryRequest& request);
    void add_limits(const Limits& limits);

    std::vector<std::string> owned_;
    std::vector<const char*> entries_;
};

class MemoryCall : public ProgramCall {
public:
    // `request` and `environment` have to outlive the call.
    MemoryCall(std::string_view name, const MemoryRequest& request,
               const MemoryEnvironment& environment);

    int read(cppcgi_text& slice) override;
    bool aborted() override { return body_.size() > request_.client_takes; }
    void log_line(int level, std::string_view line) override;

    // The response so far, in parts.
    testing::Page page() const;
    // Flags of every write, for tests of when something leaves.
    const std::vector<unsigned>& writes() const noexcept { return writes_; }

protected:
    bool send(std::string_view head, std::string_view body, unsigned flags) override;

private:
    const MemoryRequest& request_;
    std::string_view unread_;
    std::string head_;
    std::string body_;
    std::string log_;
    std::vector<unsigned> writes_;
};

}  // namespace cppcgi::program

#endif
