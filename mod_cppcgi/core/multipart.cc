#include "core/multipart.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace cppcgi::detail {
namespace {

// White space between a boundary and its line end (RFC 2046's transport padding). Longer
// runs are text, so that what has to be held back stays small.
constexpr std::size_t max_padding = 256;

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n'; }

std::string delimiter_of(std::string_view boundary) {
    std::string delimiter = "\n--";
    delimiter += boundary;
    return delimiter;
}

// The size of the head at the beginning of `bytes`, which ends before a blank line, and
// of that line; npos when it is not all there.
constexpr std::size_t npos = std::string_view::npos;
struct HeadSize {
    std::size_t head = npos;
    std::size_t blank = 0;
};

// `line` is where the last line begins, `searched` how far it has no end.
HeadSize find_head_end(std::string_view bytes, std::size_t& line,
                       std::size_t searched) {
    for (;;) {
        if (line < bytes.size() && bytes[line] == '\n') return {line, 1};
        if (line + 1 < bytes.size() && bytes[line] == '\r' && bytes[line + 1] == '\n') {
            return {line, 2};
        }
        const std::size_t end = bytes.find('\n', std::max(line, searched));
        if (end == npos) return {};
        line = end + 1;
    }
}

}  // namespace

MultipartParser::MultipartParser(Boundary boundary, const MultipartRules& rules,
                                 const scan::Kernels& kernels)
    : rules_(rules), kernels_(&kernels) {
    // A head is held in memory as a whole.
    rules_.max_part_header = std::min<std::uint64_t>(rules_.max_part_header, 1u << 30);
    levels_.push_back({delimiter_of(boundary.text), boundary.unusual});
    set_needle();
}

// Inside nested bodies any line that begins with dashes may be a delimiter.
void MultipartParser::set_needle() noexcept {
    const std::string& delimiter = levels_[0].delimiter;
    const bool whole = depth_ == 0;
    needle_ = {delimiter.data(), whole ? delimiter.size() : 3, whole};
}

void MultipartParser::feed(std::string_view chunk) noexcept {
    chunk_ = chunk;
    at_ = 0;
}

MultipartParser::Event MultipartParser::next() {
    for (;;) {
        switch (state_) {
            case State::preamble:
            case State::head_start:
            case State::data:
            case State::epilogue: {
                const Event event = holding_ ? resolve() : scan();
                if (event != Event::need_input) return event;
                if (state_ == State::head || state_ == State::closing) continue;
                if (at_ < chunk_.size()) continue;
                if (!finished_ || holding_) {
                    if (!finished_) return Event::need_input;
                    continue;
                }
                return at_end();
            }
            case State::head:
                return read_head();
            case State::closing: {
                const Event event = close_parts();
                if (event != Event::need_input) return event;
                continue;
            }
            case State::ended:
                return Event::end;
            case State::failed:
                return Event::fault;
        }
    }
}

// ---------------------------------------------------------------- delimiters

// What a line is that begins with the dashes and boundary of a level, `size` bytes.
inline MultipartParser::Line MultipartParser::classify_rest(std::string_view line,
                                                            std::size_t size,
                                                            std::size_t level,
                                                            bool at_end) noexcept {
    using Kind = Line::Kind;
    const auto whole = [level](Kind kind, std::size_t length) {
        return Line::whole(kind, level, length);
    };
    const Line is_text{Kind::text};
    const Line undecided{at_end ? Kind::text : Kind::undecided};
    std::size_t i = size;
    if (line.size() - i >= 2 && line[i] == '\r' && line[i + 1] == '\n') {
        return whole(Kind::delimiter, i + 2);
    }
    if (i < line.size() && line[i] == '-') {
        if (i + 1 == line.size()) return undecided;
        return line[i + 1] == '-' ? whole(Kind::close, i + 2) : is_text;
    }
    const std::size_t padding_end = std::min(line.size(), i + max_padding);
    while (i < padding_end && is_blank(line[i])) ++i;
    if (i == line.size()) return at_end ? whole(Kind::delimiter, i) : undecided;
    if (line[i] == '\n') return whole(Kind::delimiter, i + 1);
    if (line[i] != '\r') return is_text;
    if (i + 1 == line.size()) return undecided;
    return line[i + 1] == '\n' ? whole(Kind::delimiter, i + 2) : is_text;
}

MultipartParser::Line MultipartParser::classify_one(std::string_view line,
                                                    std::size_t level,
                                                    bool at_end) const noexcept {
    const std::string_view dashes =
        std::string_view(levels_[level].delimiter).substr(1);
    if (line.size() < dashes.size()) {
        const bool could_be = !at_end && dashes.starts_with(line);
        return {could_be ? Line::Kind::undecided : Line::Kind::text};
    }
    if (!line.starts_with(dashes)) return {Line::Kind::text};
    return classify_rest(line, dashes.size(), level, at_end);
}

// An outer delimiter ends everything inside it (RFC 2046 section 5.1.2), so the outermost
// that fits decides. Behind its close-delimiter a body has no more of its own.
MultipartParser::Line MultipartParser::classify(std::string_view line,
                                                bool at_end) const noexcept {
    for (std::size_t level = 0; level <= depth_; ++level) {
        if (levels_[level].closed) continue;
        const Line result = classify_one(line, level, at_end);
        if (result.kind != Line::Kind::text) return result;
    }
    return {Line::Kind::text};
}

void MultipartParser::line_start() noexcept {
    // Most lines are no delimiters: those need not be held.
    holding_ = at_ == chunk_.size() || chunk_[at_] == '-';
    if (!held_.empty()) held_.clear();
    held_line_ = 0;
}

// Text of the preamble, the part or the epilogue.
MultipartParser::Event MultipartParser::text(std::string_view bytes) {
    if (bytes.empty()) return Event::need_input;
    if (state_ == State::data) {
        data_ = bytes;
        return Event::data;
    }
    if (state_ == State::preamble) {
        Level& level = levels_[depth_];
        level.preamble = true;
        level.preamble_text |= !std::all_of(bytes.begin(), bytes.end(), is_space);
    }
    return Event::need_input;
}

// Holds the tail of the chunk back: a line end and what follows it, or, where a line has
// just begun, without one.
MultipartParser::Event MultipartParser::hold(std::string_view tail) {
    const bool begun = holding_;
    holding_ = true;
    held_ = tail;
    const std::size_t lf = tail.find('\n');
    held_line_ = begun ? 0 : lf == npos ? tail.size() : lf + 1;
    at_ = chunk_.size();
    return Event::need_input;
}

// Looks for the next delimiter in what is left of the chunk.
MultipartParser::Event MultipartParser::scan() {
    if (at_ == chunk_.size()) return Event::need_input;
    if (state_ == State::epilogue && depth_ == 0) {
        at_ = chunk_.size();
        return Event::need_input;
    }
    const char* const begin = chunk_.data() + at_;
    const char* const end = chunk_.data() + chunk_.size();
    const auto line_end_before = [begin](const char* lf) {
        return lf > begin && lf[-1] == '\r' ? lf - 1 : lf;
    };
    const auto view = [](const char* from, const char* to) {
        return std::string_view(from, static_cast<std::size_t>(to - from));
    };
    for (const char* from = begin;;) {
        const char* const lf = kernels_->find_line(from, end, needle_);
        if (lf == nullptr) break;
        from = lf + 1;
        const Line line =
            needle_.whole ? classify_rest(view(lf + 1, end), needle_.size - 1, 0, false)
                          : classify(view(lf + 1, end), false);
        if (line.kind == Line::Kind::text) continue;
        const char* const stop = line_end_before(lf);
        if (line.kind == Line::Kind::undecided) {
            hold(view(stop, end));
            return text(view(begin, stop));
        }
        at_ = static_cast<std::size_t>(lf + 1 - chunk_.data()) + line.size();
        const Event event = text(view(begin, stop));
        const Event taken = take(line);
        return event == Event::need_input ? taken : event;
    }
    // The last line may be the beginning of a delimiter.
    const std::string_view all = view(begin, end);
    const std::size_t tail = std::min(all.size(), needle_.size - 1);
    const std::size_t last = all.substr(all.size() - tail).rfind('\n');
    const char* stop = end;
    if (last != npos) {
        const char* const at = end - tail + last;
        if (classify(view(at + 1, end), false).kind == Line::Kind::undecided) {
            stop = line_end_before(at);
        }
    }
    if (stop == end && end[-1] == '\r') stop = end - 1;
    at_ = chunk_.size();
    if (stop != end) hold(view(stop, end));
    return text(view(begin, stop));
}

// At the beginning of a line, with nothing held back: it mostly lies in the chunk.
MultipartParser::Event MultipartParser::begin_line() {
    const Line line = classify(rest(), false);
    if (line.kind == Line::Kind::undecided) return hold(rest());
    holding_ = false;
    if (line.kind == Line::Kind::text) {
        return state_ == State::head_start ? begin_head() : Event::need_input;
    }
    at_ += line.size();
    return take(line);
}

MultipartParser::Event MultipartParser::begin_head() {
    state_ = State::head;
    head_bytes_.clear();
    if (!held_.empty()) head_bytes_ = held_;
    head_line_ = 0;
    return Event::need_input;
}

// Goes on with what was held back, byte by byte, until it is known what it is.
MultipartParser::Event MultipartParser::resolve() {
    if (held_.empty() && at_ < chunk_.size()) return begin_line();
    for (;;) {
        const bool more = at_ < chunk_.size();
        const bool at_end = !more && finished_;
        const bool in_line_end = held_ == "\r" && held_line_ == 1;
        Line line{Line::Kind::undecided};
        if (in_line_end) {
            // Nothing but a line end can begin with CR.
            if (at_end || (more && chunk_[at_] != '\n')) line.kind = Line::Kind::text;
        } else if (held_.size() > held_line_ || more || at_end) {
            line = classify(std::string_view(held_).substr(held_line_), at_end);
        }
        if (line.kind == Line::Kind::undecided) {
            if (!more) return Event::need_input;
            held_ += chunk_[at_++];
            if (in_line_end) held_line_ = 2;
            continue;
        }
        holding_ = false;
        const bool text_only = line.kind == Line::Kind::text;
        // The byte that decided against a delimiter may begin the next line.
        const std::size_t used = text_only ? 0 : held_line_ + line.size();
        if (held_.size() > used && !in_line_end && !at_end && at_ > 0 &&
            held_.size() > held_line_) {
            held_.pop_back();
            --at_;
        }
        if (!text_only) return take(line);
        if (state_ == State::head_start) return begin_head();
        shown_.swap(held_);
        return text(shown_);
    }
}

// A delimiter line has been read: what is open below it ends.
MultipartParser::Event MultipartParser::take(Line line) {
    holding_ = false;
    if (state_ == State::preamble && line.level() < depth_ &&
        levels_[depth_].preamble) {
        return fail_without_delimiter();
    }
    const bool form_without_delimiter =
        state_ == State::preamble && line.level() == depth_ &&
        line.kind == Line::Kind::close && levels_[depth_].preamble_text;
    if (form_without_delimiter) return fail_without_delimiter();
    if (state_ == State::head_start && line.kind == Line::Kind::delimiter &&
        count_part() == Event::fault) {
        return Event::fault;
    }
    closing_level_ = line.kind == Line::Kind::close;
    closing_to_ = line.level();
    state_ = State::closing;
    return Event::need_input;
}

// Ends one part a call, innermost first; then goes on behind the delimiter.
MultipartParser::Event MultipartParser::close_parts() {
    const bool close = closing_level_;
    if (part_open_) {
        part_open_ = false;
        event_depth_ = depth_;
        done_ = input_ended_ || closing_to_ < depth_ ? -1 : close ? 1 : 0;
        if (!input_ended_ && closing_to_ == depth_) go_on();
        return Event::part_end;
    }
    if (depth_ > closing_to_ || (input_ended_ && depth_ > 0)) {
        const bool closed = levels_[depth_].closed;
        levels_.pop_back();
        event_depth_ = --depth_;
        set_needle();
        const bool cut = input_ended_ || !closed || depth_ > closing_to_;
        done_ = cut ? -1 : close ? 1 : 0;
        return Event::part_end;
    }
    if (input_ended_) {
        state_ = State::ended;
        return Event::end;
    }
    go_on();
    return Event::need_input;
}

// Behind a delimiter.
void MultipartParser::go_on() {
    if (closing_level_) {
        levels_[depth_].closed = true;
        state_ = State::epilogue;
        return;
    }
    state_ = State::head_start;
    line_start();
    if (!holding_) begin_head();
}

// ---------------------------------------------------------------- heads

MultipartParser::Event MultipartParser::count_part() noexcept {
    return ++parts_ > rules_.max_parts ? fail(rules_.too_many_parts)
                                       : Event::need_input;
}

MultipartParser::Event MultipartParser::read_head() {
    std::string_view bytes = rest();
    const std::size_t before = head_bytes_.size();
    if (before == 0) {
        const std::size_t usual = read_usual_head(bytes, head_);
        if (usual != 0 && usual <= rules_.max_part_header) {
            if (count_part() == Event::fault) return Event::fault;
            at_ += usual + 2;
            return begin_part();
        }
    }
    if (before != 0) {
        // Enough to see a blank line behind the longest head allowed.
        const std::size_t most =
            std::max<std::size_t>(before, rules_.max_part_header) + 4 - before;
        head_bytes_ += bytes.substr(0, most);
        bytes = head_bytes_;
    }
    const HeadSize found = find_head_end(bytes, head_line_, before);
    std::size_t size = found.head;
    if (size == npos) {
        // A CR at the start of a line may belong to the blank line.
        const bool cr = bytes.ends_with("\n\r") || bytes == "\r";
        size = bytes.size() - (cr ? 1 : 0);
    }
    if (size > rules_.max_part_header) {
        return fail({errc::max_part_header, rules_.max_part_header});
    }
    if (found.head == npos) {
        if (before == 0) head_bytes_ = bytes;
        at_ = chunk_.size();
        if (!finished_) return Event::need_input;
        return head_bytes_.empty() ? at_end() : fail({errc::head_cut_off, 0});
    }
    at_ += found.head + found.blank - before;
    return head_done(bytes.substr(0, found.head));
}

MultipartParser::Event MultipartParser::head_done(std::string_view head) {
    if (count_part() == Event::fault) return Event::fault;
    for (std::size_t line = head.find("\n--"); line != npos;
         line = head.find("\n--", line)) {
        ++line;
        if (classify(head.substr(line), false).kind != Line::Kind::text) {
            return fail({errc::head_delimiter, 0});
        }
    }
    if (const errc code = read_part_head(head, head_); code != errc::none) {
        return fail({code, 0});
    }
    event_depth_ = depth_;
    return head_.multipart ? begin_body() : begin_part();
}

MultipartParser::Event MultipartParser::begin_part() {
    part_open_ = true;
    event_depth_ = depth_;
    state_ = State::data;
    line_start();
    return Event::head;
}

// A part that is multipart itself.
MultipartParser::Event MultipartParser::begin_body() {
    if (depth_ + 1 > rules_.max_nesting) {
        return fail({errc::max_nesting, rules_.max_nesting});
    }
    Result<Boundary> inner = boundary_of(head_.content_type);
    if (!inner) return fail(inner.fault());
    std::string delimiter = delimiter_of(inner->text);
    for (const Level& outer : levels_) {
        const std::string_view own = delimiter;
        if (!own.starts_with(outer.delimiter)) continue;
        const std::string_view more = own.substr(outer.delimiter.size());
        if (more.empty() || (more.starts_with("--") && more.size() > 2)) {
            return fail({errc::boundary_ambiguous, 0});
        }
    }
    levels_.push_back({std::move(delimiter), inner->unusual});
    ++depth_;
    set_needle();
    state_ = State::preamble;
    line_start();
    return Event::head;
}

// ---------------------------------------------------------------- ends

MultipartParser::Event MultipartParser::at_end() {
    const Level& level = levels_[depth_];
    if (state_ == State::preamble &&
        (level.preamble || (depth_ == 0 && level.unusual))) {
        return fail_without_delimiter();
    }
    input_ended_ = true;
    closing_level_ = true;
    closing_to_ = 0;
    state_ = State::closing;
    return close_parts();
}

MultipartParser::Event MultipartParser::fail(Fault fault) noexcept {
    fault_ = fault;
    state_ = State::failed;
    return Event::fault;
}

MultipartParser::Event MultipartParser::fail_without_delimiter() noexcept {
    return fail(
        {levels_[depth_].unusual ? errc::boundary_not_in_body : errc::no_delimiter, 0});
}

}  // namespace cppcgi::detail
