#include "core/error_report.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace cppcgi::detail {

namespace {

constexpr std::size_t most_in_a_line = 4;

// Of the C++ runtime: what throws, not who.
bool is_throwing(std::string_view function) noexcept {
    static constexpr std::array names = {"__cxa_throw",
                                         "__cxa_rethrow",
                                         "_Unwind_RaiseException",
                                         "_Unwind_Resume_or_Rethrow",
                                         "__gxx_personality_v0",
                                         "std::rethrow_exception"};
    return std::any_of(names.begin(), names.end(),
                       [&](const char* name) { return function.starts_with(name); });
}

// What libcppcgi puts around a handler.
bool is_around(const ReportFrame& frame) noexcept {
    return frame.file.ends_with("core/invoke.cc") ||
           frame.function.starts_with("cppcgi::detail::invoke");
}

bool is_standard(const ReportFrame& frame) noexcept {
    return frame.function.starts_with("std::") ||
           frame.function.starts_with("__gnu_cxx::") ||
           frame.file.find("/include/c++/") != frame.file.npos ||
           frame.file.find("/bits/") != frame.file.npos;
}

std::string_view base_name(std::string_view path) noexcept {
    return path.substr(path.rfind('/') + 1);
}

std::string hexadecimal(std::uintptr_t number) {
    std::string text;
    do {
        text.insert(text.begin(), "0123456789abcdef"[number & 15]);
    } while ((number >>= 4) != 0);
    return "0x" + text;
}

void append_frames(std::vector<ReportFrame>& frames, const StackPlace& place,
                   const std::string& library, bool is_users) {
    ReportFrame frame;
    frame.library = library;
    frame.offset = place.place.offset();
    frame.is_users = is_users;
    for (const SourceFrame& found : *place.frames) {
        frame.function = found.function;
        frame.file = found.file;
        frame.line = found.line;
        frame.source = found.source;
        frame.is_inlined = &found != &place.frames->back();
        frames.push_back(frame);
    }
    if (place.frames->empty()) frames.push_back(frame);
}

void trim(std::vector<ReportFrame>& frames) {
    const std::size_t near = std::min<std::size_t>(frames.size(), 20);
    for (std::size_t i = near; i-- > 0;) {
        if (!is_throwing(frames[i].function)) continue;
        frames.erase(frames.begin(),
                     frames.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        break;
    }
    const auto around = std::find_if(frames.begin(), frames.end(), is_around);
    if (around != frames.begin()) frames.erase(around, frames.end());
}

std::uint64_t mix(std::uint64_t hash, std::string_view text) noexcept {
    // FNV-1a: not against forgers, who have nothing to win.
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    return hash * 31 + 7;
}

}  // namespace

std::string ReportFrame::offset_text() const { return hexadecimal(offset); }

std::string ReportFrame::to_string() const {
    std::string text =
        function.empty() ? library + "+" + hexadecimal(offset) : function;
    if (!file.empty() && line != 0)
        text.append(" (")
            .append(base_name(file))
            .append(":")
            .append(std::to_string(line))
            .append(")");
    else if (!function.empty())
        text.append(" (")
            .append(base_name(library))
            .append("+")
            .append(hexadecimal(offset) + ")");
    return text;
}

std::vector<ReportFrame> make_report_frames(const std::vector<StackPlace>& stack,
                                            const std::string& users_library,
                                            const LibraryNames& names) {
    std::vector<ReportFrame> frames;
    for (const StackPlace& one : stack)
        append_frames(frames, one,
                      one.place.mapped_as.empty() ? "(no file)" : names(one.place),
                      one.place.mapped_as == users_library);
    trim(frames);
    return frames;
}

std::string first_frames(const std::vector<ReportFrame>& frames) {
    const bool has_own =
        std::any_of(frames.begin(), frames.end(),
                    [](const ReportFrame& one) { return one.is_users; });
    std::string text;
    std::size_t count = 0;
    const ReportFrame* former = nullptr;
    for (const ReportFrame& frame : frames) {
        if (has_own && (!frame.is_users || is_standard(frame))) continue;
        // A recursion is one line, not twenty.
        if (former && former->offset == frame.offset &&
            former->function == frame.function)
            continue;
        former = &frame;
        if (count++ == most_in_a_line) break;
        text.append(text.empty() ? "" : " < ").append(frame.to_string());
    }
    return text;
}

std::string report_id(const ReportedHandler& handler, std::string_view type,
                      const std::vector<StackPlace>& stack, const LibraryNames& names) {
    std::uint64_t hash = 0xcbf29ce484222325;
    hash = mix(mix(mix(hash, handler.name), handler.build), type);
    std::string former;
    for (const StackPlace& one : stack) {
        const std::string place =
            names(one.place) + "+" + hexadecimal(one.place.offset());
        // However deep a recursion was.
        if (place != former) hash = mix(hash, place);
        former = place;
    }
    std::string text = hexadecimal(hash).substr(2);
    text.insert(0, 16 - text.size(), '0');
    return text.substr(0, 12);
}

}  // namespace cppcgi::detail
