#include "module/config.h"

#include "gateway/httpd/log.h"

#include <cppcgi/limits.h>

#include <apr_strings.h>
#include <cstring>
#include <http_config.h>
#include <new>

namespace cppcgi::module {

cppcgi_limits DirectoryConfig::limits() const noexcept {
    const Limits defaults;
    const char* directory = spool_dir.value_or("");
    return {.size = sizeof(cppcgi_limits),
            .max_nesting =
                static_cast<std::uint32_t>(max_nesting.value_or(defaults.max_nesting)),
            .max_body = max_body.value_or(defaults.max_body),
            .max_field = max_field.value_or(defaults.max_field),
            .max_file = max_file.value_or(defaults.max_file),
            .max_memory = max_memory.value_or(defaults.max_memory),
            .max_fields = max_fields.value_or(defaults.max_fields),
            .max_part_header = max_part_header.value_or(defaults.max_part_header),
            .spool_dir = {directory, std::strlen(directory)}};
}

const Origin* origin_of(const cmd_parms* command) {
    const ap_directive_t* directive = command->directive;
    if (!directive || !directive->filename) return nullptr;
    return ::new (apr_palloc(command->pool, sizeof(Origin)))
        Origin{apr_pstrdup(command->pool, directive->filename), directive->line_num};
}

const DirectoryConfig& config_of(const request_rec* r) noexcept {
    return *static_cast<const DirectoryConfig*>(
        ap_get_module_config(r->per_dir_config, &cppcgi_module));
}

void* create_directory_config(apr_pool_t* pool, char*) noexcept {
    return ::new (apr_palloc(pool, sizeof(DirectoryConfig))) DirectoryConfig{};
}

void* merge_directory_config(apr_pool_t* pool, void* base_record,
                             void* added_record) noexcept {
    const auto& base = *static_cast<const DirectoryConfig*>(base_record);
    const auto& added = *static_cast<const DirectoryConfig*>(added_record);
    auto* merged =
        ::new (apr_palloc(pool, sizeof(DirectoryConfig))) DirectoryConfig(added);
    const auto inherit = [&](auto member) {
        auto& value = merged->*member;
        value =
            std::remove_cvref_t<decltype(value)>::merge(base.*member, added.*member);
    };
    inherit(&DirectoryConfig::fallback);
    inherit(&DirectoryConfig::arguments);
    inherit(&DirectoryConfig::abort);
    inherit(&DirectoryConfig::timeout);
    inherit(&DirectoryConfig::slow);
    inherit(&DirectoryConfig::script_log);
    inherit(&DirectoryConfig::script_log_length);
    inherit(&DirectoryConfig::script_log_buffer);
    inherit(&DirectoryConfig::max_body);
    inherit(&DirectoryConfig::max_field);
    inherit(&DirectoryConfig::max_file);
    inherit(&DirectoryConfig::max_memory);
    inherit(&DirectoryConfig::max_fields);
    inherit(&DirectoryConfig::max_part_header);
    inherit(&DirectoryConfig::max_nesting);
    inherit(&DirectoryConfig::spool_dir);
    inherit(&DirectoryConfig::error_report);
    merged->registrations = join(pool, base.registrations, added.registrations);
    if (!added.parameters) {
        merged->parameters = base.parameters;
    } else if (base.parameters) {
        merged->parameters = apr_table_copy(pool, base.parameters);
        apr_table_overlap(merged->parameters, added.parameters, APR_OVERLAP_TABLES_SET);
    }
    return merged;
}

}  // namespace cppcgi::module
