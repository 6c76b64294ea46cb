// JSON as the status page and `cppcgi doctor --json` write it: members in the order in which
// they were added, and bytes that are no UTF-8 as U+FFFD. For sources that are built with
// nlohmann-json only.
#ifndef CPPCGI_HOST_JSON_H
#define CPPCGI_HOST_JSON_H

#include <nlohmann/json.hpp>

#include <string>

namespace cppcgi::host {

using Json = nlohmann::ordered_json;

inline std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cppcgi::host

#endif
