#include "core/report_page.h"

#include "core/report_store.h"
#include "core/shown_text.h"

#include <algorithm>

namespace cppcgi::detail {

namespace {

constexpr std::size_t most_bytes = 480 * 1024;

constexpr std::string_view style = R"(<style>
body { font: 15px/1.45 sans-serif; margin: 2em; color: #222; background: #fff; }
h1 { font-size: 1.3em; background: #b3261e; color: #fff; padding: .5em .8em; }
h1, p, td, pre { overflow-wrap: anywhere; white-space: pre-wrap; }
h2 { font-size: 1.1em; margin-top: 1.6em; border-bottom: 1px solid #bbb; }
table { border-collapse: collapse; } td, th { padding: .1em .8em .1em 0; text-align: left;
vertical-align: top; font-weight: normal; } th { color: #555; }
pre { background: #f3f3f0; padding: .5em; margin: .2em 0 .8em 0; }
li { margin-bottom: .4em; } .users { font-weight: bold; } .at { color: #666; }
mark { background: #ffe08a; }
</style>
)";

class Page {
public:
    Page& raw(std::string_view markup) {
        out.append(markup);
        return *this;
    }
    Page& text(std::string_view text) {
        append_shown(out, text);
        return *this;
    }
    bool is_full() const noexcept { return out.size() > most_bytes; }

    std::string out;
};

void begin(Page& page, std::string_view title) {
    page.raw(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"robots\" content=\"noindex\">\n<title>");
    // Short, so that the line that counts is found near the top.
    page.text(title.substr(0, 200))
        .raw("</title>\n")
        .raw(style)
        .raw("</head>\n<body>\n");
}

void add_exceptions(Page& page, const TextPairs& exceptions) {
    bool is_first = true;
    for (const auto& [type, what] : exceptions) {
        page.raw(is_first ? "<h1>" : "<p>nested in it: ").text(type);
        if (!what.empty()) page.raw(": ").text(what);
        page.raw(is_first ? "</h1>\n" : "</p>\n");
        is_first = false;
    }
}

void add_source(Page& page, const ReportFrame& frame, int context) {
    const auto reach = static_cast<std::uint32_t>(context / 2);
    const std::uint32_t first = frame.line > reach ? frame.line - reach : 1;
    std::string lines;
    for (const SourceLine& line : frame.source) {
        if (line.number < first || line.number > frame.line + reach) continue;
        const std::string number = std::to_string(line.number);
        const bool is_it = line.number == frame.line;
        if (is_it) lines += "<mark>";
        lines.append(number.size() < 5 ? 5 - number.size() : 0, ' ')
            .append(number + " ");
        append_shown(lines, line.text);
        lines += is_it ? "</mark>\n" : "\n";
    }
    if (!lines.empty()) page.raw("<pre>").raw(lines).raw("</pre>\n");
}

void add_frame(Page& page, const ReportFrame& frame, int context) {
    page.raw(frame.is_users ? "<li class=\"users\">" : "<li>");
    if (!frame.function.empty()) page.text(frame.function).raw(" ");
    page.raw("<span class=\"at\">");
    if (!frame.file.empty())
        page.text(frame.file).raw(":").raw(std::to_string(frame.line)).raw(" ");
    if (frame.is_inlined)
        page.raw("(inlined)");
    else
        page.raw("in ").text(frame.library).raw("+").text(frame.offset_text());
    page.raw("</span>\n");
    add_source(page, frame, context);
    page.raw("</li>\n");
}

void add_stack(Page& page, const ErrorReport& report) {
    page.raw("<h2>Stack, the throw first</h2>\n");
    if (report.frames.empty()) {
        page.raw("<p>It is not known where this was thrown.</p>\n");
        return;
    }
    page.raw("<ol>\n");
    for (const ReportFrame& frame : report.frames) {
        if (page.is_full()) break;
        add_frame(page, frame, report.context);
    }
    page.raw("</ol>\n");
}

void add_row(Page& page, std::string_view name, std::string_view value) {
    page.raw("<tr><th>").text(name).raw("</th><td>").text(value).raw("</td></tr>\n");
}

void add_table(Page& page, std::string_view title, const TextPairs& pairs) {
    if (pairs.empty()) return;
    page.raw("<h2>").raw(title).raw("</h2>\n<table>\n");
    std::size_t shown = 0;
    for (const auto& [name, value] : pairs) {
        if (page.is_full()) break;
        add_row(page, name, value);
        ++shown;
    }
    if (shown < pairs.size())
        add_row(page, "...", std::to_string(pairs.size() - shown) + " more");
    page.raw("</table>\n");
}

void add_request(Page& page, const ErrorReport& report) {
    page.raw("<h2>Request</h2>\n<table>\n");
    add_row(page, "method", report.method);
    add_row(page, "URL", report.url);
    add_row(page, "time", report.time);
    add_row(page, "handler", report.handler.name);
    add_row(page, "library", report.handler.library);
    if (!report.handler.build.empty()) add_row(page, "version", report.handler.build);
    add_row(page, "report", report.id);
    page.raw("</table>\n");
}

}  // namespace

std::string make_report_page(const ErrorReport& report, bool counts) {
    Page page;
    begin(page, report.exceptions.empty() ? "Error" : report.exceptions.front().first);
    if (counts) page.raw(seen_line(1));
    add_exceptions(page, report.exceptions);
    add_stack(page, report);
    add_request(page, report);
    add_table(page, "Form", report.fields);
    add_table(page, "Cookies", report.cookies);
    add_table(page, "Parameters", report.parameters);
    add_table(page, "Environment", report.environment);
    page.raw("</body>\n</html>\n");
    return page.out;
}

std::string make_visitor_page(std::string_view id) {
    Page page;
    begin(page, "Error");
    page.raw(
            "<h1>Something went wrong on this page</h1>\n"
            "<p>It was no fault of yours, and it has been written down. When you "
            "report "
            "it, please name the number <b>")
        .text(id)
        .raw("</b>.</p>\n</body>\n</html>\n");
    return page.out;
}

}  // namespace cppcgi::detail
