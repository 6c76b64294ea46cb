#include "module/directives.h"

#include "module/config.h"
#include "module/generation.h"
#include "module/registry.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <charconv>
#include <cstring>
#include <http_core.h>
#include <new>
#include <optional>
#include <string_view>
#include <strings.h>

namespace cppcgi::module {

namespace {

using BytesMember = Inherit<std::uint64_t> DirectorySettings::*;

DirectorySettings& settings_in(const cmd_parms* command, void* record) {
    return static_cast<DirectoryConfig*>(record)->change(command->pool);
}

std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
    std::uint64_t number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return {};
    return number;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) noexcept {
    unsigned shift = 0;
    switch (text.empty() ? '\0' : text.back() | 0x20) {
        case 'k':
            shift = 10;
            break;
        case 'm':
            shift = 20;
            break;
        case 'g':
            shift = 30;
            break;
        default:
            break;
    }
    if (shift != 0) text.remove_suffix(1);
    const auto number = parse_number(text);
    // Sizes are off_t to httpd and the kernel.
    if (!number || *number > (std::uint64_t{INT64_MAX} >> shift)) return {};
    return *number << shift;
}

// One instance a limit: the member it sets is part of the type, since httpd's cmd_data is
// no place for a pointer to a member.
template <BytesMember Member, std::uint64_t Least>
const char* set_bytes(cmd_parms* command, void* record, const char* text) noexcept {
    const auto bytes = parse_bytes(text);
    if (!bytes || *bytes < Least)
        return apr_psprintf(
            command->pool,
            "CPPCGI0013: %s: \"%s\" is no number of bytes from %" APR_UINT64_T_FMT
            " on; write digits and K, M or G, such as 64M",
            command->cmd->name, text, Least);
    (settings_in(command, record).*Member).set(*bytes, origin_of(command));
    return nullptr;
}

template <BytesMember Member, std::uint64_t Least, std::uint64_t Most>
const char* set_count(cmd_parms* command, void* record, const char* text) noexcept {
    const auto count = parse_number(text);
    if (!count || *count < Least || *count > Most)
        return apr_psprintf(
            command->pool,
            "CPPCGI0014: %s: \"%s\" is no number from %" APR_UINT64_T_FMT
            " to %" APR_UINT64_T_FMT,
            command->cmd->name, text, Least, Most);
    (settings_in(command, record).*Member).set(*count, origin_of(command));
    return nullptr;
}

const char* set_library(cmd_parms* command, void*, const char* file,
                        const char* alias) noexcept {
    return add_library(command, file, alias);
}

// A file name of CppCGIHandler stands for one in the section's directory.
const char* check_file_name(cmd_parms* command, const char* name) {
    if (*name && !std::strchr(name, '/')) return nullptr;
    return apr_psprintf(
        command->pool,
        "CPPCGI0015: CppCGIHandler: \"%s\" is no file name: it is empty or has "
        "a slash; put the directive into the <Directory> or <Location> of the "
        "file and name the file alone",
        name);
}

const char* set_handler(cmd_parms* command, void* record, int count,
                        char* const words[]) noexcept {
    // Its record would hold for every method: httpd does not keep <Limit> apart.
    if (const char* fault = ap_check_cmd_context(command, NOT_IN_LIMIT)) return fault;
    if (count < 1)
        return "CPPCGI0016: CppCGIHandler needs LIBRARY[:HANDLER], or none, and may "
               "name files "
               "after it";
    auto& config = *static_cast<DirectoryConfig*>(record);
    const auto** names = static_cast<const char**>(
        apr_palloc(command->pool, sizeof(char*) * static_cast<std::size_t>(count)));
    for (int i = 1; i < count; ++i) {
        if (const char* fault = check_file_name(command, words[i])) return fault;
        names[i - 1] = apr_pstrdup(command->pool, words[i]);
    }
    const bool off = strcasecmp(words[0], "none") == 0;
    auto* registration =
        ::new (apr_palloc(command->pool, sizeof(Registration))) Registration{};
    registration->target = off ? nullptr : apr_pstrdup(command->pool, words[0]);
    registration->section = section_of(command);
    registration->file_names = names;
    registration->file_name_count = count - 1;
    registration->config_file =
        apr_pstrdup(command->pool, command->directive->filename);
    registration->config_line = command->directive->line_num;
    auto* head = static_cast<RegistrationList*>(
        apr_palloc(command->pool, sizeof(RegistrationList)));
    *head = {registration, config.registrations};
    config.registrations = head;
    return add_registration(command, *registration);
}

const char* set_parameter(cmd_parms* command, void* record, const char* name,
                          const char* value) noexcept {
    auto& config = *static_cast<DirectoryConfig*>(record);
    if (!config.parameters) config.parameters = apr_table_make(command->pool, 4);
    apr_table_set(config.parameters, name, value);
    return nullptr;
}

const char* set_fallback(cmd_parms* command, void* record, const char* word) noexcept {
    auto& fallback = settings_in(command, record).fallback;
    if (strcasecmp(word, "exec") == 0) {
        fallback.set(Fallback::exec, origin_of(command));
    } else if (strcasecmp(word, "none") == 0) {
        fallback.set(Fallback::none, origin_of(command));
    } else {
        return apr_psprintf(
            command->pool,
            "CPPCGI0017: CppCGIFallback: \"%s\" is neither exec (files without "
            "a handler run as CGI scripts) nor none (they are refused)",
            word);
    }
    return nullptr;
}

const char* set_arguments(cmd_parms* command, void* record, int on) noexcept {
    settings_in(command, record).arguments.set(on != 0, origin_of(command));
    return nullptr;
}

const char* set_abort(cmd_parms* command, void* record, int on) noexcept {
    settings_in(command, record).abort.set(on != 0, origin_of(command));
    return nullptr;
}

const char* set_timeout(cmd_parms* command, void* record, const char* text) noexcept {
    apr_interval_time_t time = 0;
    if (ap_timeout_parameter_parse(text, &time, "s") == APR_SUCCESS && time > 0) {
        settings_in(command, record).timeout.set(time, origin_of(command));
        return nullptr;
    }
    return apr_psprintf(command->pool,
                        "CPPCGI0019: %s: \"%s\" is no time above 0; write seconds, or "
                        "another unit behind the number, such as 500ms",
                        command->cmd->name, text);
}

const char* set_slow(cmd_parms* command, void* record, const char* text) noexcept {
    apr_interval_time_t time = 0;
    if (strcasecmp(text, "off") != 0 &&
        (ap_timeout_parameter_parse(text, &time, "s") != APR_SUCCESS || time <= 0))
        return apr_psprintf(
            command->pool,
            "CPPCGI0007: CppCGISlow: \"%s\" is neither a time above 0 (in seconds, or "
            "with another unit behind the number, such as 500ms) nor off",
            text);
    settings_in(command, record).slow.set(time, origin_of(command));
    return nullptr;
}

const char* set_script_log(cmd_parms* command, void* record,
                           const char* text) noexcept {
    const char* path = ap_server_root_relative(command->pool, text);
    if (!path) {
        return apr_psprintf(
            command->pool,
            "CPPCGI0008: ScriptLog: \"%s\" is no path; write an absolute "
            "one, or one below ServerRoot",
            text);
    }
    settings_in(command, record).script_log.set(path, origin_of(command));
    return nullptr;
}

// The socket of mod_cgid's daemon: there is none, and configurations that name it load.
const char* ignore_script_socket(cmd_parms*, void*, const char*) noexcept {
    return nullptr;
}

const char* check_directory(cmd_parms* command, const char* text, const char** path) {
    *path = ap_server_root_relative(command->pool, text);
    apr_finfo_t info;
    if (*path && apr_stat(&info, *path, APR_FINFO_TYPE, command->pool) == APR_SUCCESS &&
        info.filetype == APR_DIR)
        return nullptr;
    return apr_psprintf(
        command->pool,
        "CPPCGI0018: %s: %s is no directory; create it, owned by the user that "
        "the server's children run as",
        command->cmd->name, *path ? *path : text);
}

const char* set_spool_dir(cmd_parms* command, void* record, const char* text) noexcept {
    const char* path = nullptr;
    if (const char* fault = check_directory(command, text, &path)) return fault;
    settings_in(command, record).spool_dir.set(path, origin_of(command));
    return nullptr;
}

const char* set_error_report(cmd_parms* command, void* record, const char* word,
                             const char* directory) noexcept {
    const auto is = [&](const char* other) { return strcasecmp(word, other) == 0; };
    ErrorReportSetting setting;
    setting.display = is("browser") || is("both");
    setting.log = is("log") || is("both");
    if ((!setting.display && !setting.log && !is("off")) || (directory && !setting.log))
        return apr_psprintf(
            command->pool,
            "CPPCGI0600: CppCGIErrorReport: \"%s%s%s\" is none of off (a line in the "
            "log), browser (the report to the client), log [DIR] (to a file, its "
            "number "
            "to the client) and both [DIR]",
            word, directory ? " " : "", directory ? directory : "");
    if (directory) {
        if (const char* fault = check_directory(command, directory, &setting.directory))
            return fault;
    } else if (setting.log) {
        generation_of(command->server->process->pconf).wants_report_directory = true;
    }
    settings_in(command, record).error_report.set(setting, origin_of(command));
    return nullptr;
}

const char* set_library_directory(cmd_parms* command, void*,
                                  const char* text) noexcept {
    if (const char* fault = ap_check_cmd_context(command, GLOBAL_ONLY)) return fault;
    const char* path = nullptr;
    if (const char* fault = check_directory(command, text, &path)) return fault;
    set_library_dir(command, path);
    return nullptr;
}

const char* set_writable_libraries(cmd_parms* command, void*, int on) noexcept {
    if (const char* fault = ap_check_cmd_context(command, GLOBAL_ONLY)) return fault;
    allow_writable_libraries(command, on != 0);
    return nullptr;
}

const char* set_reload(cmd_parms* command, void*, const char* word) noexcept {
    if (const char* fault = ap_check_cmd_context(command, GLOBAL_ONLY)) return fault;
    const bool automatic = strcasecmp(word, "auto") == 0;
    if (!automatic && strcasecmp(word, "graceful") != 0)
        return apr_psprintf(
            command->pool,
            "CPPCGI0009: CppCGIReload: \"%s\" is neither graceful (new "
            "libraries come with a restart) nor auto (a changed file is "
            "swapped in between requests)",
            word);
    set_reload_auto(command, automatic);
    return nullptr;
}

constexpr int everywhere = RSRC_CONF | ACCESS_CONF;

// httpd keeps all setters under one type and calls each by its args_how.
template <class Setter>
command_rec directive(const char* name, enum cmd_how how, Setter setter, int context,
                      const char* help) {
    command_rec record{};
    record.name = name;
    record.func = reinterpret_cast<cmd_func>(reinterpret_cast<void*>(setter));
    record.args_how = how;
    record.req_override = context;
    record.errmsg = help;
    return record;
}

}  // namespace

using Config = DirectorySettings;

const command_rec directives[] = {
    directive("CppCGILibrary", TAKE12, set_library, RSRC_CONF,
              "a file with handlers, and the name they are asked for by"),
    directive("CppCGILibraryDir", TAKE1, set_library_directory, RSRC_CONF,
              "where copies of libraries go when memory files may not be executed"),
    directive("CppCGIWritableLibraries", FLAG, set_writable_libraries, RSRC_CONF,
              "whether others than root and the starting user may write a library"),
    directive("CppCGIReload", TAKE1, set_reload, RSRC_CONF,
              "graceful or auto: when a changed library is taken"),
    directive("CppCGIHandler", TAKE_ARGV, set_handler, everywhere | OR_FILEINFO,
              "LIBRARY[:HANDLER] or none, and the file names it holds for"),
    directive("CppCGIParam", TAKE2, set_parameter, everywhere,
              "a name and the value that handlers read with req.param()"),
    directive("CppCGIFallback", TAKE1, set_fallback, everywhere | OR_OPTIONS,
              "exec or none: whether files without a handler run as CGI scripts"),
    directive("CppCGIErrorReport", TAKE12, set_error_report, everywhere,
              "off, browser, log or both, and the directory of reports"),
    directive("CppCGIArguments", FLAG, set_arguments, everywhere,
              "whether a query without = becomes arguments"),
    directive("CppCGIAbort", FLAG, set_abort, everywhere,
              "whether a client that shut its sending side counts as gone"),
    directive("CppCGITimeout", TAKE1, set_timeout, everywhere,
              "the longest silence of a script"),
    directive("CppCGISlow", TAKE1, set_slow, everywhere,
              "seconds after which a handler that still runs has a line in the log"),
    directive("CGIScriptTimeout", TAKE1, set_timeout, everywhere,
              "CppCGITimeout, as mod_cgi calls it"),
    directive("CGIDScriptTimeout", TAKE1, set_timeout, everywhere,
              "CppCGITimeout, as mod_cgid calls it"),
    directive("ScriptLog", TAKE1, set_script_log, RSRC_CONF,
              "the log of scripts that fail"),
    directive("ScriptLogLength", TAKE1, (set_bytes<&Config::script_log_length, 0>),
              RSRC_CONF, "bytes above which nothing is added to the ScriptLog"),
    directive("ScriptLogBuffer", TAKE1, (set_bytes<&Config::script_log_buffer, 0>),
              RSRC_CONF, "bytes of a request body that the ScriptLog shows"),
    directive("ScriptSock", TAKE1, ignore_script_socket, RSRC_CONF,
              "accepted for mod_cgid's sake, and not used"),
    directive("CppCGIMaxBody", TAKE1, (set_bytes<&Config::max_body, 1>), everywhere,
              "bytes of a form's body"),
    directive("CppCGIMaxField", TAKE1, (set_bytes<&Config::max_field, 1>), everywhere,
              "bytes of one field that is no file"),
    directive("CppCGIMaxFile", TAKE1, (set_bytes<&Config::max_file, 1>), everywhere,
              "bytes of one uploaded file"),
    directive("CppCGIMaxMemory", TAKE1, (set_bytes<&Config::max_memory, 1>), everywhere,
              "bytes of form data in memory before it is spooled"),
    directive("CppCGIMaxPartHeader", TAKE1, (set_bytes<&Config::max_part_header, 1>),
              everywhere, "bytes of the head of one part"),
    directive("CppCGIMaxFields", TAKE1, (set_count<&Config::max_fields, 1, INT32_MAX>),
              everywhere, "number of fields of a form"),
    directive("CppCGIMaxNesting", TAKE1, (set_count<&Config::max_nesting, 0, 100>),
              everywhere, "depth of multipart inside a form"),
    directive("CppCGISpoolDir", TAKE1, set_spool_dir, RSRC_CONF,
              "where large fields are spooled"),
    {}};

}  // namespace cppcgi::module
