// The head that a classic script writes before its body (RFC 3875 section 6.3): a push
// parser that takes the script's output as it comes and stops at the empty line. It knows
// the grammar only; what Status and Location mean to a response is the host's business.
// Owned by one request, used by one thread.
#ifndef CPPCGI_CORE_SCRIPT_HEAD_H
#define CPPCGI_CORE_SCRIPT_HEAD_H

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cppcgi {

// Why a head was refused. Each has one sentence, `text(fault)`.
enum class HeadFault {
    none,
    empty,               // the output ended before its first byte
    unfinished,          // the output ended before the empty line
    line_too_long,       // ScriptHeadLimits::max_line
    head_too_long,       // ScriptHeadLimits::max_head
    too_many_fields,     // ScriptHeadLimits::max_fields
    no_colon,            // a line without ":"
    bad_name,            // a field name that is no token (RFC 9110 section 5.6.2)
    bad_value,           // a control character in a value
    folded,              // a line that starts with a space or a tab
    http_status_line,    // "HTTP/1.1 200 OK", which only an nph- script may write
    bad_status,          // Status is not three digits with an optional reason
    status_not_final,    // Status below 200: 1xx is never the answer itself
    status_out_of_range  // Status above 599
};

const char* text(HeadFault fault) noexcept;

// Bytes of the line without its end. httpd's peers stop at 8190, where the
// Content-Security-Policy of a real site does not fit; clients give up near 256 KB.
struct ScriptHeadLimits {
    std::size_t max_line = 128u << 10;
    // Bytes of all lines with their ends: what a request may hold in memory for it.
    std::size_t max_head = 512u << 10;
    // Fields: browsers and proxies refuse responses with far fewer.
    std::size_t max_fields = 1000;
};

class ScriptHead {
public:
    struct Field {
        std::string_view name;
        std::string_view value;
    };

    explicit ScriptHead(ScriptHeadLimits limits = {}) noexcept : limits_(limits) {}

    // Takes a piece of the output and returns how many bytes of it belong to the head;
    // the rest is body. Once done() or refused() it takes nothing more.
    std::size_t feed(std::string_view chunk);

    // Says that the output has ended. A head that is not done is refused by it.
    void finish() noexcept;

    bool done() const noexcept { return done_; }
    bool refused() const noexcept { return fault_ != HeadFault::none; }
    HeadFault fault() const noexcept { return fault_; }

    // The line that was refused, without its end and cut at 200 bytes; raw, so escape it.
    std::string_view offending_line() const noexcept;

    // All that was taken, as the script wrote it.
    std::string_view raw() const noexcept { return bytes_; }

    // Fields in the script's order, Status left out; values without surrounding blanks.
    // The views live until the next feed.
    std::size_t size() const noexcept { return fields_.size(); }
    Field operator[](std::size_t index) const noexcept;

    // Status as the script wrote it: 200 to 599, or 0 when it wrote none. The reason is
    // clean (no control characters) and may be empty. The last Status wins, as in httpd.
    int status() const noexcept { return status_; }
    std::string_view reason() const noexcept { return reason_; }

private:
    struct Range {
        std::size_t begin;
        std::size_t size;
    };

    void end_line();
    void take_field(std::string_view line);
    void take_status(std::string_view value);
    void refuse(HeadFault fault) noexcept { fault_ = fault; }
    Range range(std::string_view part) const noexcept;
    std::string_view view(Range part) const noexcept;

    ScriptHeadLimits limits_;
    std::string bytes_;
    std::size_t line_ = 0;  // where the line begins that is being taken
    std::vector<std::pair<Range, Range>> fields_;
    std::string reason_;
    int status_ = 0;
    bool done_ = false;
    HeadFault fault_ = HeadFault::none;
};

}  // namespace cppcgi

#endif
