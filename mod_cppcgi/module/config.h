// What the configuration says about a directory: plain records from the pool of the
// configuration (or of the request, for .htaccess), inherited and merged as httpd does.
#ifndef CPPCGI_MODULE_CONFIG_H
#define CPPCGI_MODULE_CONFIG_H

#include <cppcgi/abi.h>

#include "module/registration.h"

#include <httpd.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <cstdint>

namespace cppcgi::module {

// Where a directive was written.
struct Origin {
    const char* file;
    int line;
};

// The place of the directive that is being read, kept in the pool of the configuration.
const Origin* origin_of(const cmd_parms* command);

// A value that a section may leave to the sections around it.
template <class T>
struct Inherit {
    T value{};
    bool is_set = false;
    const Origin* origin = nullptr;

    void set(T new_value, const Origin* from = nullptr) noexcept {
        value = new_value;
        is_set = true;
        origin = from;
    }
    constexpr T value_or(T otherwise) const noexcept {
        return is_set ? value : otherwise;
    }
    static Inherit merge(const Inherit& base, const Inherit& added) noexcept {
        return added.is_set ? added : base;
    }
};

enum class Fallback { exec, none };

// CppCGIErrorReport.
struct ErrorReportSetting {
    bool display = false;             // browser, both
    bool log = false;                 // log, both
    const char* directory = nullptr;  // null: the default one
};

// What has a default.
struct DirectorySettings {
    Inherit<Fallback> fallback;
    Inherit<bool> arguments;
    Inherit<bool> abort;
    Inherit<apr_interval_time_t> timeout;
    Inherit<apr_interval_time_t> slow;  // CppCGISlow; 0 is off
    Inherit<const char*> script_log;
    Inherit<std::uint64_t> script_log_length;
    Inherit<std::uint64_t> script_log_buffer;
    Inherit<std::uint64_t> max_body;
    Inherit<std::uint64_t> max_field;
    Inherit<std::uint64_t> max_file;
    Inherit<std::uint64_t> max_memory;
    Inherit<std::uint64_t> max_fields;
    Inherit<std::uint64_t> max_part_header;
    Inherit<std::uint64_t> max_nesting;
    Inherit<const char*> spool_dir;
    Inherit<ErrorReportSetting> error_report;

    // The bounds on a form, with the defaults of cppcgi::Limits where nothing is set.
    cppcgi_limits limits() const noexcept;
};

// Merged for each request, so it is small: settings are copied only where two sections
// have some.
struct DirectoryConfig {
    const RegistrationList* registrations = nullptr;
    apr_table_t* parameters = nullptr;  // CppCGIParam; null when there is none
    const DirectorySettings* settings;  // never null

    bool has_settings() const noexcept;
    // Computed into `room`, or the default ones.
    const cppcgi_limits& limits(cppcgi_limits& room) const noexcept;
    // The record's own, for a directive.
    DirectorySettings& change(apr_pool_t* pool);
};

// The record of a request, or of a server's own level.
const DirectoryConfig& config_of(const request_rec* r) noexcept;

void* create_directory_config(apr_pool_t* pool, char* directory) noexcept;
void* merge_directory_config(apr_pool_t* pool, void* base, void* added) noexcept;

}  // namespace cppcgi::module

#endif
