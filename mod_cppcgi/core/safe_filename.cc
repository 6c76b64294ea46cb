#include "core/safe_filename.h"

#include <cstddef>

namespace cppcgi::detail {
namespace {

// Leaves room for what a handler puts before or behind it (NAME_MAX is 255).
constexpr std::size_t most = 200;

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }

// Reserved on Windows shares, or with a meaning to shells.
bool is_reserved(char c) {
    return std::string_view(":*?\"<>|").find(c) != std::string_view::npos;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Cuts in front of a character, and keeps a short extension.
void shorten(std::string& name) {
    if (name.size() <= most) return;
    const std::size_t dot = name.rfind('.');
    std::string extension;
    if (dot != std::string::npos && name.size() - dot <= 16)
        extension = name.substr(dot);
    std::size_t end = most - extension.size();
    while (end > 0 && is_continuation(name[end])) --end;
    name.resize(end);
    name += extension;
}

}  // namespace

std::string safe_filename(std::string_view filename) {
    const std::size_t slash = filename.find_last_of("/\\");
    if (slash != std::string_view::npos) filename.remove_prefix(slash + 1);
    std::string name;
    for (const char c : filename) {
        if (is_control(c)) continue;
        name += is_reserved(c) ? '_' : c;
    }
    name.erase(0, name.find_first_not_of(". "));
    shorten(name);
    while (!name.empty() && (name.back() == ' ' || name.back() == '.')) name.pop_back();
    return name.empty() ? "upload" : name;
}

}  // namespace cppcgi::detail
