#include "host/first_line.h"

#include <algorithm>

namespace cppcgi::host {
namespace {

constexpr std::string_view blanks = " \t";

bool begins(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

std::string_view trim(std::string_view text, std::string_view what) {
    std::size_t first = text.find_first_not_of(what);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(what) - first + 1);
}

FirstLineKind kind_without_line(std::string_view start) {
    if (start.empty()) return FirstLineKind::empty;
    if (begins(start, "\177ELF")) return FirstLineKind::elf;
    if (begins(start, "\xef\xbb\xbf") || begins(start, "\xff\xfe") ||
        begins(start, "\xfe\xff"))
        return FirstLineKind::byte_order_mark;
    for (std::string_view magic : {"MZ", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe"})
        if (begins(start, magic)) return FirstLineKind::other_system;
    return FirstLineKind::other;
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> all;
    while (!(text = trim(text, blanks)).empty()) {
        std::size_t end = std::min(text.find_first_of(blanks), text.size());
        all.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return all;
}

}  // namespace

FirstLine parse_first_line(std::string_view start) {
    FirstLine line;
    start = start.substr(0, first_line_limit);
    if (!begins(start, "#!")) {
        line.kind = kind_without_line(start);
        return line;
    }
    std::size_t end = start.find('\n');
    bool whole = end != std::string_view::npos || start.size() < first_line_limit;
    std::string_view text = start.substr(2, whole ? end - 2 : std::string_view::npos);
    text = text.substr(0, text.find('\0'));
    line.ends_in_cr = whole && !text.empty() && text.back() == '\r';
    if (line.ends_in_cr) text.remove_suffix(1);
    text = trim(text, blanks);
    std::size_t name = std::min(text.find_first_of(blanks), text.size());
    line.interpreter = text.substr(0, name);
    line.argument = trim(text.substr(name), blanks);
    if (line.interpreter.empty())
        line.kind = FirstLineKind::nameless;
    else if (!whole && name == text.size() &&
             start.find_last_of(blanks) != start.size() - 1)
        line.kind = FirstLineKind::too_long;
    else
        line.kind = FirstLineKind::interpreter;
    return line;
}

EnvLine parse_env_argument(std::string_view argument) {
    EnvLine line;
    for (std::string_view option :
         {"--split-string=", "--split-string ", "-vS", "-S"}) {
        if (!begins(argument, option)) continue;
        line.splits = true;
        argument.remove_prefix(option.size());
        break;
    }
    std::vector<std::string> all = words(argument);
    if (!line.splits) {
        line.program = trim(argument, blanks);  // env takes it as one word
        if (all.size() > 1) line.rest.assign(all.begin() + 1, all.end());
        return line;
    }
    auto program = std::find_if(all.begin(), all.end(), [](const std::string& word) {
        return word[0] != '-' && word.find('=') == std::string::npos;
    });
    if (program == all.end()) return line;
    line.program = *program;
    line.rest.assign(program + 1, all.end());
    return line;
}

}  // namespace cppcgi::host
