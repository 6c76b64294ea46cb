// What serves a URL, as a page and as text.
#include "module/explanation.h"

#include <cppcgi/escape.h>

#include <utility>

namespace cppcgi::module {

namespace {

using Lines = std::vector<std::pair<const char*, std::string>>;

// Whatever stands in a URL or a file's name; a terminal would obey control characters.
std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return text;
}

Lines lines_of(const Explanation& explanation) {
    Lines lines = {{"URL", explanation.url}};
    if (explanation.kind == "refused") {
        lines.emplace_back("status", std::to_string(explanation.status));
    } else {
        lines.emplace_back("served by",
                           explanation.kind == "other"
                               ? explanation.served_by
                               : explanation.kind + " " + explanation.served_by);
    }
    lines.emplace_back("why", explanation.why);
    if (!explanation.fault.empty()) lines.emplace_back("fault", explanation.fault);
    if (explanation.kind == "refused") return lines;
    if (!explanation.file.empty()) lines.emplace_back("file", explanation.file);
    lines.emplace_back("SCRIPT_NAME", explanation.script_name);
    lines.emplace_back("PATH_INFO", explanation.path_info);
    lines.emplace_back("ExecCGI", explanation.exec_cgi ? "on" : "off");
    return lines;
}

}  // namespace

std::string explanation_text(const Explanation& explanation) {
    std::string text;
    for (const auto& [name, value] : lines_of(explanation))
        text += std::string(name) + ": " + one_line(value) + "\n";
    for (const SettingView& setting : explanation.settings)
        text += setting.directive + " " + one_line(setting.value) + " (" +
                one_line(setting.origin) + ")\n";
    return text;
}

std::string explanation_html(const Explanation& explanation) {
    std::string page =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<title>mod_cppcgi: what serves a URL</title>\n"
        "<style>body { font-family: sans-serif } table { border-collapse: collapse }"
        " td, th { border: 1px solid #999; padding: 2px 6px; text-align: left }"
        "</style>\n</head>\n<body>\n<h1>What serves this URL</h1>\n<table>\n";
    for (const auto& [name, value] : lines_of(explanation))
        page += "<tr><th>" + std::string(name) + "</th><td>" +
                std::string(escape(value)) + "</td></tr>\n";
    page += "</table>\n";
    if (!explanation.settings.empty()) {
        page +=
            "<h2>Settings</h2>\n<table>\n<tr><th>directive</th><th>value</th>"
            "<th>from</th></tr>\n";
        for (const SettingView& setting : explanation.settings)
            page += "<tr><td>" + setting.directive + "</td><td>" +
                    std::string(escape(setting.value)) + "</td><td>" +
                    std::string(escape(setting.origin)) + "</td></tr>\n";
        page += "</table>\n";
    }
    return page + "</body>\n</html>\n";
}

}  // namespace cppcgi::module
