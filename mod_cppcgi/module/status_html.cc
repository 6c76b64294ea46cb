// The statistics as a page for people, and as a section of mod_status's page.
#include "module/status_view.h"

#include <cppcgi/escape.h>

#include <cstdio>
#include <ctime>

namespace cppcgi::module {

namespace {

using host::TimeHistogram;
using Row = host::RowTotals;

std::string cell(const std::string& text) {
    return "<td>" + std::string(escape(text)) + "</td>";
}

std::string cell(std::uint64_t number) {
    return "<td class=\"n\">" + std::to_string(number) + "</td>";
}

std::string time_text(std::uint64_t seconds) {
    if (seconds == 0) return "-";
    const auto when = static_cast<std::time_t>(seconds);
    struct tm parts;
    char text[32];
    gmtime_r(&when, &parts);
    return std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &parts) ? text : "-";
}

std::string age_text(std::uint64_t from, std::uint64_t now) {
    if (from == 0 || from > now) return "-";
    const std::uint64_t age = now - from;
    if (age < 120) return std::to_string(age) + " s";
    if (age < 7200) return std::to_string(age / 60) + " min";
    return age < 172800 ? std::to_string(age / 3600) + " h"
                        : std::to_string(age / 86400) + " d";
}

std::string milliseconds(std::uint64_t micros) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", static_cast<double>(micros) / 1000);
    return text;
}

// "404: 3, 500: 1"
std::string errors_text(const Row& row) {
    std::string text;
    for (std::size_t i = 0; i < row.by_error.size(); ++i)
        if (row.by_error[i] != 0)
            text += (text.empty() ? "" : ", ") + std::to_string(400 + i) + ": " +
                    std::to_string(row.by_error[i]);
    return text;
}

std::string times_text(const Row& row) {
    return milliseconds(TimeHistogram::quantile(row.times, 0.5)) + " / " +
           milliseconds(TimeHistogram::quantile(row.times, 0.9)) + " / " +
           milliseconds(TimeHistogram::quantile(row.times, 0.99));
}

std::string handlers_table(const StatusView& view) {
    std::string page =
        "<table>\n<tr><th>handler</th><th>requests</th><th>errors</th>"
        "<th>in flight</th><th>ms: median / 90 % / 99 %</th><th>bytes in</th>"
        "<th>bytes out</th><th>spooled</th><th>incomplete</th><th>slow</th>"
        "<th>crashed</th><th>lost</th></tr>\n";
    for (const Row& row : view.rows)
        page += "<tr>" + cell(row.name) + cell(row.requests) + cell(errors_text(row)) +
                cell(row.in_flight) + cell(times_text(row)) + cell(row.bytes_in) +
                cell(row.bytes_out) + cell(row.spooled) + cell(row.incomplete) +
                cell(row.slow) + cell(row.crashed) + cell(row.lost) + "</tr>\n";
    return page + "</table>\n";
}

std::string libraries_table(const StatusView& view) {
    if (view.libraries.empty()) return "<p>There are no handler libraries.</p>\n";
    std::string page =
        "<table>\n<tr><th>library</th><th>file</th><th>serves</th>"
        "<th>generation</th><th>taken</th><th>age</th>"
        "<th>old versions still mapped</th></tr>\n";
    for (const LibraryView& library : view.libraries) {
        page += library.why.empty() ? "<tr>" : "<tr class=\"bad\">";
        page += cell(library.alias) + cell(library.path) +
                cell(library.state +
                     (library.why.empty() ? std::string() : ": " + library.why)) +
                cell(library.reloads + 1) + cell(time_text(library.loaded_at)) +
                cell(age_text(library.loaded_at, view.now)) +
                cell(library.still_mapped) + "</tr>\n";
    }
    page += "</table>\n";
    for (const auto& [handler, why] : view.broken)
        page += "<p class=\"bad\">" + std::string(escape(handler)) +
                " answers 503: " + std::string(escape(why)) + "</p>\n";
    return page;
}

std::string failures_table(const StatusView& view) {
    std::string rows;
    for (const Row& row : view.rows)
        for (const host::Failure& failure : row.failures)
            rows += "<tr>" + cell(row.name) + cell(time_text(failure.time / 1000000)) +
                    cell(failure.status == 0 ? std::string("-")
                                             : std::to_string(failure.status)) +
                    cell(std::string(failure.message)) + cell(std::string(failure.id)) +
                    cell(std::string(failure.request)) + "</tr>\n";
    if (rows.empty()) return "<p>Nothing has failed.</p>\n";
    return "<table>\n<tr><th>handler</th><th>time</th><th>status</th><th>message</th>"
           "<th>id in the logs</th><th>request</th></tr>\n" +
           rows + "</table>\n";
}

}  // namespace

std::string status_html(const StatusView& view) {
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<title>mod_cppcgi status</title>\n"
           "<style>body { font-family: sans-serif } table { border-collapse: collapse }"
           " td, th { border: 1px solid #999; padding: 2px 6px; text-align: left }"
           " .n { text-align: right } .bad { background: #fdd }</style>\n"
           "</head>\n<body>\n<h1>mod_cppcgi</h1>\n<p>Counted since " +
           time_text(view.since) + "; generation " + std::to_string(view.generation) +
           " of the configuration. <a href=\"?json\">JSON</a>, "
           "<a href=\"?metrics\">metrics</a>.</p>\n"
           "<form method=\"get\">\n<p><label>Explain the URL path "
           "<input name=\"explain\" value=\"/\"></label> "
           "<input type=\"submit\" "
           "value=\"Explain\"></p>\n</form>\n<h2>Handlers</h2>\n" +
           handlers_table(view) + "<h2>Libraries</h2>\n" + libraries_table(view) +
           "<h2>Last failures</h2>\n" + failures_table(view) + "</body>\n</html>\n";
}

std::string status_section(const StatusView& view, bool is_plain) {
    if (!is_plain) return "<hr />\n<h2>mod_cppcgi</h2>\n" + handlers_table(view);
    std::string text;
    for (std::size_t i = 0; i < view.rows.size(); ++i) {
        const Row& row = view.rows[i];
        const std::string key = "CppCGI[" + std::to_string(i) + "]";
        text += key + "Name: " + row.name + "\n" + key +
                "Requests: " + std::to_string(row.requests) + "\n" + key +
                "Errors: " + std::to_string(row.by_class[4] + row.by_class[5]) + "\n" +
                key + "InFlight: " + std::to_string(row.in_flight) + "\n" + key +
                "Crashed: " + std::to_string(row.crashed) + "\n";
    }
    return text;
}

}  // namespace cppcgi::module
