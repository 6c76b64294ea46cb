// What the status page shows, whatever its form: read from the counters and from this
// child's registry at one moment. Plain values of one request.
#ifndef CPPCGI_MODULE_STATUS_VIEW_H
#define CPPCGI_MODULE_STATUS_VIEW_H

#include "host/counters.h"

#include <httpd.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cppcgi::module {

struct LibraryView {
    std::string alias;
    std::string path;
    const char* state = "";       // "current", "last good copy" or "unavailable" (503)
    std::string why;              // it is not current
    std::uint64_t loaded_at = 0;  // seconds since 1970
    std::uint64_t modified_at = 0;
    std::uint64_t reloads = 0;
    std::uint64_t still_mapped = 0;  // old versions, in all children
};

struct StatusView {
    std::uint64_t now = 0;    // seconds since 1970
    std::uint64_t since = 0;  // when counting began
    int generation = 0;       // of the configuration: restarts so far
    std::vector<LibraryView> libraries;
    std::vector<host::RowTotals> rows;  // "scripts", then handlers
    std::vector<std::pair<std::string, std::string>> broken;  // handler and why: 503
};

StatusView read_status(const request_rec* r);

// The three forms of the page, and the section in mod_status's. JSON is empty when the
// module was built without nlohmann-json.
std::string status_html(const StatusView& view);
std::string status_json(const StatusView& view);
std::string status_metrics(const StatusView& view);
std::string status_section(const StatusView& view, bool is_plain);

}  // namespace cppcgi::module

#endif
