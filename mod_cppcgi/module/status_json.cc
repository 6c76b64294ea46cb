// The statistics as JSON: SetHandler cppcgi-status, ?json.
#include "host/json_writer.h"
#include "module/status_view.h"

namespace cppcgi::module {

namespace {

using host::JsonWriter;

void write_errors(JsonWriter& json, const host::RowTotals& row) {
    json.key("errors").begin_object();
    for (std::size_t i = 0; i < row.by_error.size(); ++i)
        if (row.by_error[i] != 0) json.member(std::to_string(400 + i), row.by_error[i]);
    json.end_object();
}

void write_times(JsonWriter& json, const host::RowTotals& row) {
    using host::TimeHistogram;
    json.key("microseconds").begin_object().member("sum", row.nanoseconds / 1000);
    json.key("quantiles").begin_object();
    json.member("0.5", TimeHistogram::quantile(row.times, 0.5));
    json.member("0.9", TimeHistogram::quantile(row.times, 0.9));
    json.member("0.99", TimeHistogram::quantile(row.times, 0.99)).end_object();
    json.key("histogram").begin_array();
    for (std::size_t i = 0; i < row.times.size(); ++i)
        if (row.times[i] != 0)
            json.begin_object()
                .member("up_to", TimeHistogram::bound_of(i))
                .member("count", row.times[i])
                .end_object();
    json.end_array().end_object();
}

void write_failures(JsonWriter& json, const host::RowTotals& row) {
    json.key("failures").begin_array();
    for (const host::Failure& failure : row.failures)
        json.begin_object()
            .member("time", static_cast<double>(failure.time) / 1e6)
            .member("status", failure.status)
            .member("message", failure.message)
            .member("id", failure.id)
            .member("request", failure.request)
            .end_object();
    json.end_array();
}

void write_row(JsonWriter& json, const host::RowTotals& row) {
    json.begin_object().member("name", row.name).member("requests", row.requests);
    json.key("by_class").begin_object();
    for (std::size_t i = 1; i < row.by_class.size(); ++i)
        json.member(std::to_string(i) + "xx", row.by_class[i]);
    json.end_object();
    write_errors(json, row);
    json.member("in_flight", row.in_flight)
        .member("bytes_in", row.bytes_in)
        .member("bytes_out", row.bytes_out)
        .member("spooled", row.spooled)
        .member("incomplete", row.incomplete)
        .member("slow", row.slow)
        .member("crashed", row.crashed)
        .member("lost", row.lost);
    write_times(json, row);
    write_failures(json, row);
    json.end_object();
}

}  // namespace

std::string status_json(const StatusView& view) {
    JsonWriter json;
    json.begin_object().member("now", view.now).member("since", view.since);
    json.member("generation", view.generation);
    json.key("libraries").begin_array();
    for (const LibraryView& library : view.libraries)
        json.begin_object()
            .member("alias", library.alias)
            .member("path", library.path)
            .member("state", library.state)
            .member("why", library.why)
            .member("generation", library.reloads + 1)
            .member("reloads", library.reloads)
            .member("loaded_at", library.loaded_at)
            .member("modified_at", library.modified_at)
            .end_object();
    json.end_array().key("handlers").begin_array();
    for (const host::RowTotals& row : view.rows) write_row(json, row);
    json.end_array().key("broken").begin_array();
    for (const auto& [handler, why] : view.broken)
        json.begin_object().member("handler", handler).member("why", why).end_object();
    return json.end_array().end_object().text() + "\n";
}

}  // namespace cppcgi::module
