// The statistics in Prometheus's text format, version 0.0.4: SetHandler cppcgi-status,
// ?metrics.
#include "module/status_view.h"

#include <cstdio>

namespace cppcgi::module {

namespace {

using Row = host::RowTotals;

// Bounds of the histogram in microseconds: few enough to be kept for years. Each is a bound
// of TimeHistogram too, so the counts are exact.
constexpr std::uint64_t bounds[] = {16,      64,      256,      1024,
                                    4096,    16384,   65536,    262144,
                                    1048576, 4194304, 16777216, 67108864};

std::string seconds(double value) {
    char digits[64];
    std::snprintf(digits, sizeof digits, "%.6f", value);
    return digits;
}

class Metrics {
public:
    // Ahead of all samples of a name.
    void head(const char* name, const char* type, const char* help) {
        name_ = name;
        text_ += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " +
                 type + "\n";
    }

    void sample(const std::string& labels, const std::string& value,
                const char* suffix = "") {
        text_ += name_ + suffix + (labels.empty() ? "" : "{" + labels + "}") + " " +
                 value + "\n";
    }
    void sample(const std::string& labels, std::uint64_t value,
                const char* suffix = "") {
        sample(labels, std::to_string(value), suffix);
    }

    const std::string& text() const noexcept { return text_; }

private:
    std::string name_;
    std::string text_;
};

std::string label(const char* name, std::string_view value) {
    std::string text = std::string(name) + "=\"";
    for (const char c : value) {
        if (c == '\\' || c == '"') text += '\\';
        if (c == '\n')
            text += "\\n";
        else
            text += c;
    }
    return text + "\"";
}

std::string handler(const Row& row) { return label("handler", row.name); }

struct Counter {
    const char* name;
    const char* type;
    const char* help;
    std::uint64_t Row::*value;
};

constexpr Counter counters[] = {
    {"cppcgi_in_flight", "gauge", "Calls that run now.", &Row::in_flight},
    {"cppcgi_received_bytes_total", "counter", "Bytes of request bodies.",
     &Row::bytes_in},
    {"cppcgi_sent_bytes_total", "counter", "Bytes of pages.", &Row::bytes_out},
    {"cppcgi_spooled_total", "counter", "Requests whose body went through a file.",
     &Row::spooled},
    {"cppcgi_incomplete_total", "counter", "Responses that broke off.",
     &Row::incomplete},
    {"cppcgi_slow_total", "counter", "Calls that took longer than CppCGISlow.",
     &Row::slow},
    {"cppcgi_crashed_total", "counter", "Calls that ended their server child.",
     &Row::crashed},
    {"cppcgi_lost_total", "counter", "Calls that ended with their server child.",
     &Row::lost},
};

void write_requests(Metrics& metrics, const StatusView& view) {
    metrics.head("cppcgi_requests_total", "counter", "Requests answered.");
    for (const Row& row : view.rows)
        for (std::size_t i = 1; i < row.by_class.size(); ++i)
            metrics.sample(
                handler(row) + "," + label("class", std::to_string(i) + "xx"),
                row.by_class[i]);
    metrics.head("cppcgi_errors_total", "counter", "Requests answered with an error.");
    for (const Row& row : view.rows)
        for (std::size_t i = 0; i < row.by_error.size(); ++i)
            if (row.by_error[i] != 0)
                metrics.sample(
                    handler(row) + "," + label("status", std::to_string(400 + i)),
                    row.by_error[i]);
}

void write_times(Metrics& metrics, const StatusView& view) {
    metrics.head("cppcgi_duration_seconds", "histogram", "Time of a call.");
    for (const Row& row : view.rows) {
        std::uint64_t count = 0;
        std::size_t bucket = 0;
        for (const std::uint64_t bound : bounds) {
            for (; host::TimeHistogram::bound_of(bucket) <= bound; ++bucket)
                count += row.times[bucket];
            metrics.sample(handler(row) + "," +
                               label("le", seconds(static_cast<double>(bound) / 1e6)),
                           count, "_bucket");
        }
        for (; bucket < row.times.size(); ++bucket) count += row.times[bucket];
        metrics.sample(handler(row) + ",le=\"+Inf\"", count, "_bucket");
        metrics.sample(handler(row),
                       seconds(static_cast<double>(row.nanoseconds) / 1e9), "_sum");
        metrics.sample(handler(row), count, "_count");
    }
}

void write_libraries(Metrics& metrics, const StatusView& view) {
    metrics.head("cppcgi_library_reloads_total", "counter",
                 "New states of the file that were taken.");
    for (const LibraryView& library : view.libraries)
        metrics.sample(label("library", library.alias), library.reloads);
    metrics.head("cppcgi_library_loaded_timestamp_seconds", "gauge",
                 "When the state that serves was taken.");
    for (const LibraryView& library : view.libraries)
        metrics.sample(label("library", library.alias), library.loaded_at);
    metrics.head("cppcgi_library_still_mapped", "gauge",
                 "Old versions that server children could not unmap.");
    for (const LibraryView& library : view.libraries)
        metrics.sample(label("library", library.alias), library.still_mapped);
    metrics.head("cppcgi_library_current", "gauge",
                 "1, or 0 when a last good copy serves or none.");
    for (const LibraryView& library : view.libraries)
        metrics.sample(label("library", library.alias),
                       std::uint64_t{library.why.empty()});
}

}  // namespace

std::string status_metrics(const StatusView& view) {
    Metrics metrics;
    write_requests(metrics, view);
    for (const Counter& counter : counters) {
        metrics.head(counter.name, counter.type, counter.help);
        for (const Row& row : view.rows)
            metrics.sample(handler(row), row.*counter.value);
    }
    write_times(metrics, view);
    write_libraries(metrics, view);
    metrics.head("cppcgi_generation", "gauge", "Restarts of the server so far.");
    metrics.sample("", static_cast<std::uint64_t>(view.generation));
    return metrics.text();
}

}  // namespace cppcgi::module
