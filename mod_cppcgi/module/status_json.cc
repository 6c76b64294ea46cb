// The statistics, and what serves a URL, as JSON: SetHandler cppcgi-status, ?json and
// ?explain=URL&json.
#include "module/explanation.h"
#include "module/status_view.h"

#ifdef CPPCGI_HAVE_JSON
#include "host/json.h"
#endif

namespace cppcgi::module {

#ifdef CPPCGI_HAVE_JSON

namespace {

using host::Json;
using host::RowTotals;
using host::TimeHistogram;

Json errors_of(const RowTotals& row) {
    Json errors = Json::object();
    for (std::size_t i = 0; i < row.by_error.size(); ++i)
        if (row.by_error[i] != 0) errors[std::to_string(400 + i)] = row.by_error[i];
    return errors;
}

Json classes_of(const RowTotals& row) {
    Json classes = Json::object();
    for (std::size_t i = 1; i < row.by_class.size(); ++i)
        classes[std::to_string(i) + "xx"] = row.by_class[i];
    return classes;
}

Json times_of(const RowTotals& row) {
    Json histogram = Json::array();
    for (std::size_t i = 0; i < row.times.size(); ++i)
        if (row.times[i] != 0)
            histogram.push_back(
                {{"up_to", TimeHistogram::bound_of(i)}, {"count", row.times[i]}});
    return {{"sum", row.nanoseconds / 1000},
            {"quantiles",
             {{"0.5", TimeHistogram::quantile(row.times, 0.5)},
              {"0.9", TimeHistogram::quantile(row.times, 0.9)},
              {"0.99", TimeHistogram::quantile(row.times, 0.99)}}},
            {"histogram", std::move(histogram)}};
}

Json failures_of(const RowTotals& row) {
    Json failures = Json::array();
    for (const host::Failure& failure : row.failures)
        failures.push_back({{"time", static_cast<double>(failure.time) / 1e6},
                            {"status", failure.status},
                            {"message", failure.message},
                            {"id", failure.id},
                            {"request", failure.request}});
    return failures;
}

Json json_of(const RowTotals& row) {
    return {{"name", row.name},
            {"requests", row.requests},
            {"by_class", classes_of(row)},
            {"errors", errors_of(row)},
            {"in_flight", row.in_flight},
            {"bytes_in", row.bytes_in},
            {"bytes_out", row.bytes_out},
            {"spooled", row.spooled},
            {"incomplete", row.incomplete},
            {"slow", row.slow},
            {"crashed", row.crashed},
            {"lost", row.lost},
            {"microseconds", times_of(row)},
            {"failures", failures_of(row)}};
}

Json json_of(const LibraryView& library) {
    return {{"alias", library.alias},
            {"path", library.path},
            {"state", library.state},
            {"why", library.why},
            {"generation", library.reloads + 1},
            {"reloads", library.reloads},
            {"still_mapped", library.still_mapped},
            {"loaded_at", library.loaded_at},
            {"modified_at", library.modified_at}};
}

Json json_of(const SettingView& setting) {
    return {{"directive", setting.directive},
            {"value", setting.value},
            {"origin", setting.origin}};
}

template <class List>
Json list_of(const List& list) {
    Json all = Json::array();
    for (const auto& one : list) all.push_back(json_of(one));
    return all;
}

}  // namespace

std::string status_json(const StatusView& view) {
    Json broken = Json::array();
    for (const auto& [handler, why] : view.broken)
        broken.push_back({{"handler", handler}, {"why", why}});
    return host::text_of({{"now", view.now},
                          {"since", view.since},
                          {"generation", view.generation},
                          {"libraries", list_of(view.libraries)},
                          {"handlers", list_of(view.rows)},
                          {"broken", std::move(broken)}});
}

std::string explanation_json(const Explanation& explanation) {
    return host::text_of({{"url", explanation.url},
                          {"status", explanation.status},
                          {"kind", explanation.kind},
                          {"served_by", explanation.served_by},
                          {"why", explanation.why},
                          {"fault", explanation.fault},
                          {"file", explanation.file},
                          {"script_name", explanation.script_name},
                          {"path_info", explanation.path_info},
                          {"exec_cgi", explanation.exec_cgi},
                          {"settings", list_of(explanation.settings)}});
}

#else

std::string status_json(const StatusView&) { return {}; }
std::string explanation_json(const Explanation&) { return {}; }

#endif

}  // namespace cppcgi::module
