#include "module/config.h"

#include "gateway/httpd/log.h"

#include <cppcgi/limits.h>

#include <apr_strings.h>
#include <http_config.h>
#include <new>
#include <string_view>

namespace cppcgi::module {

namespace {

constexpr DirectorySettings no_settings{};

const DirectorySettings* merge(apr_pool_t* pool, const DirectorySettings& base,
                               const DirectorySettings& added) {
    auto* merged = ::new (apr_palloc(pool, sizeof added)) DirectorySettings(added);
    const auto inherit = [&](auto member) {
        auto& value = merged->*member;
        value =
            std::remove_cvref_t<decltype(value)>::merge(base.*member, added.*member);
    };
    inherit(&DirectorySettings::fallback);
    inherit(&DirectorySettings::arguments);
    inherit(&DirectorySettings::abort);
    inherit(&DirectorySettings::timeout);
    inherit(&DirectorySettings::slow);
    inherit(&DirectorySettings::script_log);
    inherit(&DirectorySettings::script_log_length);
    inherit(&DirectorySettings::script_log_buffer);
    inherit(&DirectorySettings::max_body);
    inherit(&DirectorySettings::max_field);
    inherit(&DirectorySettings::max_file);
    inherit(&DirectorySettings::max_memory);
    inherit(&DirectorySettings::max_fields);
    inherit(&DirectorySettings::max_part_header);
    inherit(&DirectorySettings::max_nesting);
    inherit(&DirectorySettings::spool_dir);
    inherit(&DirectorySettings::error_report);
    return merged;
}

constexpr cppcgi_limits limits_of(const DirectorySettings& settings) {
    const Limits defaults;
    const std::string_view directory = settings.spool_dir.value_or("");
    return {
        .size = sizeof(cppcgi_limits),
        .max_nesting = static_cast<std::uint32_t>(
            settings.max_nesting.value_or(defaults.max_nesting)),
        .max_body = settings.max_body.value_or(defaults.max_body),
        .max_field = settings.max_field.value_or(defaults.max_field),
        .max_file = settings.max_file.value_or(defaults.max_file),
        .max_memory = settings.max_memory.value_or(defaults.max_memory),
        .max_fields = settings.max_fields.value_or(defaults.max_fields),
        .max_part_header = settings.max_part_header.value_or(defaults.max_part_header),
        .spool_dir = {directory.data(), directory.size()}};
}

const cppcgi_limits default_limits = limits_of(no_settings);

}  // namespace

cppcgi_limits DirectorySettings::limits() const noexcept { return limits_of(*this); }

const cppcgi_limits& DirectoryConfig::limits(cppcgi_limits& room) const noexcept {
    return has_settings() ? room = settings->limits() : default_limits;
}

bool DirectoryConfig::has_settings() const noexcept { return settings != &no_settings; }

DirectorySettings& DirectoryConfig::change(apr_pool_t* pool) {
    if (!has_settings())
        settings =
            ::new (apr_palloc(pool, sizeof(DirectorySettings))) DirectorySettings{};
    // Made above, for this record alone.
    return const_cast<DirectorySettings&>(*settings);
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
    return ::new (apr_palloc(pool, sizeof(DirectoryConfig)))
        DirectoryConfig{.settings = &no_settings};
}

void* merge_directory_config(apr_pool_t* pool, void* base_record,
                             void* added_record) noexcept {
    const auto& base = *static_cast<const DirectoryConfig*>(base_record);
    const auto& added = *static_cast<const DirectoryConfig*>(added_record);
    auto* merged =
        ::new (apr_palloc(pool, sizeof(DirectoryConfig))) DirectoryConfig(added);
    if (!added.has_settings()) {
        merged->settings = base.settings;
    } else if (base.has_settings()) {
        merged->settings = merge(pool, *base.settings, *added.settings);
    }
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
