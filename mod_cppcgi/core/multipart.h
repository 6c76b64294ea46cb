// A push parser for multipart bodies (RFC 2046 section 5.1, RFC 7578), nested ones
// included. Feed it the body in pieces of any size and take its events after each: every
// way of cutting the body gives the same events, but for the places where data is cut.
//
//     parser.feed(chunk);
//     while ((event = parser.next()) != Event::need_input) ...
//
// Data comes as slices of the chunks, uncopied; only what may be the beginning of a
// delimiter is held back at the end of a chunk. Used by one thread.
#ifndef CPPCGI_CORE_MULTIPART_H
#define CPPCGI_CORE_MULTIPART_H

#include <cppcgi/error.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/boundary.h"
#include "core/part_head.h"
#include "core/scan.h"

namespace cppcgi::detail {

struct MultipartRules {
    std::uint64_t max_part_header = 16u << 10;
    std::uint64_t max_nesting = 2;
    // Parts that may come, empty ones counted; the fault says which bound that was.
    std::uint64_t max_parts = UINT64_MAX;
    Fault too_many_parts{errc::max_fields, 0};
};

class MultipartParser {
public:
    enum class Event : std::uint8_t {
        need_input,  // feed or finish, then ask again
        head,        // a part begins: head(), depth(); a multipart one has parts inside
        data,        // data() of the part
        part_end,    // done(); depth() says of which part
        end,         // after finish: nothing more comes
        fault,       // fault(); nothing more comes
    };

    MultipartParser(Boundary boundary, const MultipartRules& rules,
                    const scan::Kernels& kernels);

    // The chunk has to stay until next() has returned need_input. Not before that.
    void feed(std::string_view chunk) noexcept;
    void finish() noexcept { finished_ = true; }
    Event next();

    // Lives until the next call of next(), when in the chunk until need_input.
    const PartHead& head() const noexcept { return head_; }
    std::string_view data() const noexcept { return data_; }
    // False for what was held back at the end of a chunk.
    bool data_is_input() const noexcept { return data_.data() != shown_.data(); }
    int done() const noexcept { return done_; }
    // Of the event's part: 0 in the body itself, 1 in a part of it.
    std::size_t depth() const noexcept { return event_depth_; }
    Fault fault() const noexcept { return fault_; }

private:
    enum class State : std::uint8_t {
        preamble,    // before the first delimiter of a body
        head_start,  // behind a delimiter line: a head, or the next delimiter
        head,
        data,
        epilogue,  // behind the close-delimiter of a body
        closing,   // a delimiter was read: parts are ending
        ended,
        failed,
    };

    // One multipart body: the form's, or one inside it.
    struct Level {
        std::string delimiter;  // LF -- boundary
        bool unusual;
        bool closed = false;         // its close-delimiter was read
        bool preamble = false;       // something stands before its first delimiter
        bool preamble_text = false;  // and it is more than white space
    };

    // What a line, or the beginning of one, is. Two words, which are returned in registers.
    struct Line {
        enum class Kind : std::uint64_t { text, undecided, delimiter, close } kind;
        std::uint64_t place = 0;

        static Line whole(Kind kind, std::size_t level, std::size_t size) noexcept {
            return {kind, static_cast<std::uint64_t>(level) << 32 | size};
        }
        std::size_t level() const noexcept { return place >> 32; }
        // Of the delimiter, its line end included.
        std::size_t size() const noexcept { return place & 0xffffffffu; }
    };

    Line classify(std::string_view line, bool at_end) const noexcept;
    Line classify_one(std::string_view line, std::size_t level,
                      bool at_end) const noexcept;
    static Line classify_rest(std::string_view line, std::size_t size,
                              std::size_t level, bool at_end) noexcept;

    Event scan();
    Event begin_line();
    Event resolve();
    Event begin_head();
    Event begin_part();
    Event begin_body();
    Event hold(std::string_view tail);
    Event text(std::string_view bytes);
    Event take(Line line);
    Event read_head();
    Event head_done(std::string_view head);
    Event close_parts();
    void go_on();
    void set_needle() noexcept;
    Event at_end();
    Event fail(Fault fault) noexcept;
    Event fail_without_delimiter() noexcept;
    Event count_part() noexcept;
    void line_start() noexcept;
    std::string_view rest() const noexcept { return chunk_.substr(at_); }

    MultipartRules rules_;
    const scan::Kernels* kernels_;
    std::vector<Level> levels_;
    std::size_t depth_ = 0;  // of the innermost open level
    scan::Needle needle_{};  // what any delimiter begins with

    std::string_view chunk_;
    std::size_t at_ = 0;
    bool finished_ = false;
    State state_ = State::preamble;
    bool closing_level_ = false;  // in State::closing: by a close-delimiter
    std::size_t closing_to_ = 0;  // ... of this level

    // The end of a line and the beginning of the next, which may become a delimiter.
    bool holding_ = true;
    std::string held_;
    std::size_t held_line_ = 0;  // where in held_ the line begins
    std::string shown_;          // what was held when it turned out to be data

    std::string head_bytes_;     // of a head that comes in pieces; its views need it
    std::size_t head_line_ = 0;  // where its last line begins

    bool part_open_ = false;  // at depth_, and no container
    bool input_ended_ = false;

    PartHead head_;
    std::string_view data_;
    int done_ = 0;
    std::size_t event_depth_ = 0;
    std::uint64_t parts_ = 0;
    Fault fault_;
};

}  // namespace cppcgi::detail

#endif
