#include "module/dropped_headers.h"

#include "core/characters.h"
#include "gateway/httpd/log.h"
#include "gateway/httpd/pool_new.h"

#include <apr_tables.h>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace cppcgi::module {

namespace {

constexpr const char* pool_key = "cppcgi_dropped_headers";
constexpr std::size_t most_names = 256;
constexpr std::size_t longest_name = 200;  // as much of it as is kept and shown

class DroppedHeaders {
public:
    // True the first time, while there is room.
    bool is_new(std::string_view name) {
        const std::scoped_lock lock(mutex_);
        return names_.size() < most_names && names_.emplace(name).second;
    }

private:
    std::mutex mutex_;
    std::set<std::string, std::less<>> names_;
};

// As httpd decides it (http2env in util_script.c).
bool is_passed_on(std::string_view name) noexcept {
    for (const char c : name)
        if (!detail::is_alphanumeric(c) && c != '-') return false;
    return true;
}

void report(request_rec* r, std::string_view name) {
    void* found = nullptr;
    apr_pool_userdata_get(&found, pool_key, r->server->process->pconf);
    name = name.substr(0, longest_name);
    if (!found || !static_cast<DroppedHeaders*>(found)->is_new(name)) return;
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "CPPCGI0640: the request header \"%.*s\" became no variable: only "
                  "names of letters, digits and - do; rename it in the client, or copy "
                  "it with SetEnvIf. Said once a name",
                  static_cast<int>(name.size()), name.data());
}

}  // namespace

void start_dropped_headers(apr_pool_t* child, server_rec* server) {
    auto* names = httpd::pool_new<DroppedHeaders>(child);
    apr_pool_userdata_setn(names, pool_key, apr_pool_cleanup_null,
                           server->process->pconf);
}

void report_dropped_headers(request_rec* r) {
    if (!APLOGrinfo(r)) return;
    const apr_array_header_t* elements = apr_table_elts(r->headers_in);
    const auto* entries = reinterpret_cast<const apr_table_entry_t*>(elements->elts);
    for (int i = 0; i < elements->nelts; ++i)
        if (entries[i].key && !is_passed_on(entries[i].key)) report(r, entries[i].key);
}

}  // namespace cppcgi::module
