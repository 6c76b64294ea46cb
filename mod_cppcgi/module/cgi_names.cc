#include "module/cgi_names.h"

#include <httpd.h>
#include <ap_mmn.h>
#include <http_config.h>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace cppcgi::module {

namespace {

constexpr ::module record(const char* name) {
    ::module result{};
    result.version = MODULE_MAGIC_NUMBER_MAJOR;
    result.minor_version = MODULE_MAGIC_NUMBER_MINOR;
    result.module_index = -1;
    result.name = name;
    result.magic = MODULE_MAGIC_COOKIE;
    return result;
}

struct StandIn {
    ::module module;
    const char* symbol;  // what `LogLevel cgid:info` looks for; null: it has one
};

// <IfModule> takes the name of the file as well as that of the symbol. Mutable like every
// module's record: httpd writes its index and its place in the list there.
constinit StandIn stand_ins[] = {{record("mod_cgi.c"), "cgi_module"},
                                 {record("cgi_module"), nullptr},
                                 {record("mod_cgid.c"), "cgid_module"},
                                 {record("cgid_module"), nullptr}};

bool is_ours(const ::module* module) noexcept {
    return std::any_of(std::begin(stand_ins), std::end(stand_ins),
                       [&](const StandIn& one) { return &one.module == module; });
}

// Runs after httpd has taken out our own record and before our code is unmapped.
apr_status_t give_names_back(void*) noexcept {
    for (StandIn& one : stand_ins)
        if (one.module.module_index != -1) ap_remove_module(&one.module);
    return APR_SUCCESS;
}

}  // namespace

void take_cgi_names(apr_pool_t* configuration) noexcept {
    apr_pool_cleanup_register(configuration, nullptr, give_names_back,
                              apr_pool_cleanup_null);
    for (StandIn& one : stand_ins) {
        if (ap_find_linked_module(one.module.name)) continue;
        // It can only fail for want of room, and then whatever is loaded next says so.
        ap_add_module(&one.module, configuration, one.symbol);
    }
}

bool is_cgi_module_loaded() noexcept {
    for (const ::module* one = ap_top_module; one; one = one->next) {
        const bool named = std::strcmp(one->name, "mod_cgi.c") == 0 ||
                           std::strcmp(one->name, "mod_cgid.c") == 0;
        if (named && !is_ours(one)) return true;
    }
    return false;
}

}  // namespace cppcgi::module
