#include "tools/cppcgi/build_page.h"

#include <cppcgi/escape.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <vector>

namespace cppcgi::tools {

namespace {

struct Diagnostic {
    std::string file;
    std::size_t line;
    std::size_t column;
    std::string message;
};

// g++ and clang++ write "file:line:column: error: message".
std::vector<Diagnostic> errors_in(std::string_view words) {
    static const std::regex form(
        R"(^(.+?):(\d{1,7}):(\d{1,7}): (?:fatal )?error: (.*)$)");
    constexpr std::size_t most = 20;
    std::vector<Diagnostic> found;
    std::istringstream lines{std::string(words)};
    for (std::string line; std::getline(lines, line) && found.size() < most;) {
        std::smatch match;
        // A line of an expanded template may be longer than the matcher's stack.
        if (line.size() > 4000 || !std::regex_match(line, match, form)) continue;
        found.push_back(
            {match[1], std::stoul(match[2]), std::stoul(match[3]), match[4]});
    }
    return found;
}

void append_line(std::string& page, std::size_t number, const std::string& text,
                 const Diagnostic& error) {
    const std::string shown = std::to_string(number);
    const std::string begin =
        std::string(shown.size() < 6 ? 6 - shown.size() : 0, ' ') + shown + "  ";
    if (number != error.line) {
        page += begin + escape(text) + "\n";
        return;
    }
    page += "<mark>" + begin + escape(text) + "</mark>\n";
    const std::size_t column = std::min(error.column, text.size() + 1);
    page +=
        std::string(begin.size() + (column > 0 ? column - 1 : 0), ' ') + "<b>^</b>\n";
}

void append_excerpt(std::string& page, const Diagnostic& error) {
    constexpr std::size_t around = 4;
    std::ifstream source(error.file);
    if (!source) return;
    page += "<pre class=\"source\">";
    std::size_t number = 0;
    for (std::string line; std::getline(source, line) && number < error.line + around;)
        if (++number + around >= error.line) append_line(page, number, line, error);
    page += "</pre>\n";
}

constexpr std::string_view style =
    "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem}pre{overflow:auto;background:#f4f4f4;padding:.7rem;"
    "font:14px/1.4 monospace}mark{background:#ffd7d7;display:inline-block;"
    "min-width:100%}b{color:#c00}h2{font-size:1rem;margin:2rem 0 .3rem}</style>\n";

}  // namespace

std::string build_page(std::string_view source, std::string_view compiler_words,
                       std::string_view last_good) {
    const std::string name = escape(source);
    std::string page =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
        "charset=\"utf-8\"><title>" +
        name + " does not compile</title>\n";
    page.append(style).append("</head><body>\n<h1>").append(name);
    page += " does not compile</h1>\n<p>Mend it, save it, and load this page again.";
    if (!last_good.empty())
        page += " Until then there is <a href=\"" + escape(last_good) +
                "\">the last good version</a>.";
    page += "</p>\n";
    for (const Diagnostic& error : errors_in(compiler_words)) {
        page += "<h2>" + escape(error.file) + ", line " + std::to_string(error.line) +
                ": " + escape(error.message) + "</h2>\n";
        append_excerpt(page, error);
    }
    page.append("<h2>All that the compiler said</h2>\n<pre>");
    page.append(escape(compiler_words)).append("</pre>\n</body></html>\n");
    return page;
}

}  // namespace cppcgi::tools
