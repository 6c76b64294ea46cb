// The head of a part: the lines between a delimiter and the blank line (RFC 7578 section
// 4, RFC 2046 section 5.1). Bytes, not text: decoding is up to who keeps them. Used by
// one parser.
#ifndef CPPCGI_CORE_PART_HEAD_H
#define CPPCGI_CORE_PART_HEAD_H

#include <cppcgi/error.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace cppcgi::detail {

struct PartHead {
    // All lines with their ends, continuation lines joined to the line before.
    std::string_view text;
    std::string_view name;
    std::string_view filename;
    std::string_view content_type;  // the whole value
    bool has_name = false;
    bool has_filename = false;
    // filename came from filename*, and is UTF-8 whatever the form's encoding.
    bool filename_is_utf8 = false;
    bool multipart = false;
    bool usual = false;  // nothing but text and name is set

    // What had to be rewritten; the views above point into these or into the input.
    std::string unfolded;
    std::string name_text;
    std::string filename_text;
};

// What every browser writes for a field or a file, at the beginning of `bytes`: returns the
// head's size, without the blank line that is behind it, or 0 for all other heads.
std::size_t read_usual_head(std::string_view bytes, PartHead& part) noexcept;

// Reads a head, which has to outlive `part`. Delimiter lines inside it are the caller's.
errc read_part_head(std::string_view head, PartHead& part);

// The lines of a head that read_part_head has accepted. False at the end.
struct HeadLine {
    std::string_view name;
    std::string_view value;
};
bool next_head_line(std::string_view& rest, HeadLine& line) noexcept;

}  // namespace cppcgi::detail

#endif
