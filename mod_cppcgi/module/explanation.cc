#include "module/explanation.h"

#include "host/script_fault.h"
#include "module/config.h"
#include "module/content.h"
#include "module/error_report.h"
#include "module/exec.h"
#include "module/registry.h"
#include "module/script_start.h"

#include <cstring>
#include <http_core.h>
#include <http_request.h>
#include <util_script.h>

namespace cppcgi::module {

namespace {

std::string place(const char* file, int line) {
    return std::string(file ? file : "?") + ":" + std::to_string(line);
}

std::string text_of(const char* text) { return text ? text : ""; }

std::string error_report_text(apr_pool_t* pool, const ErrorReportSetting& setting) {
    std::string text = setting.display ? setting.log ? "both" : "browser"
                       : setting.log   ? "log"
                                       : "off";
    if (setting.log)
        text.append(" ").append(text_of(
            setting.directory ? setting.directory : default_report_directory(pool)));
    return text;
}

std::string section_text(const Section& section) {
    switch (section.kind) {
        case SectionKind::location:
            return std::string(" in <Location \"") +
                   (*section.path ? section.path : "/") + "\">";
        case SectionKind::directory:
            return std::string(" in the directory ") + section.path;
        default:
            return "";
    }
}

std::string registration_text(const Registration& registration) {
    return std::string("CppCGIHandler ") +
           (registration.target ? registration.target : "none") + " (" +
           place(registration.config_file, registration.config_line) + ")" +
           section_text(registration.section);
}

class Settings {
public:
    Settings(const request_rec* r, const DirectoryConfig& config)
        : r_(r), config_(*config.settings), limits_(config_.limits()) {}

    std::vector<SettingView> of_handler() {
        add_form_bounds();
        add_of_both();
        add("CppCGISlow", config_.slow,
            config_.slow.value_or(0) == 0
                ? "off"
                : std::to_string(apr_time_as_msec(config_.slow.value)) + " ms");
        add("CppCGIErrorReport", config_.error_report,
            error_report_text(r_->pool, config_.error_report.value_or({})));
        add_core_limit();
        return std::move(views_);
    }

    std::vector<SettingView> of_script() {
        add("CppCGIFallback", config_.fallback,
            config_.fallback.value_or(Fallback::exec) == Fallback::exec ? "exec"
                                                                        : "none");
        add("CppCGIMaxBody", config_.max_body,
            config_.max_body.is_set ? std::to_string(config_.max_body.value)
                                    : "no bound on a script's body");
        add("CppCGIMaxMemory", config_.max_memory, std::to_string(limits_.max_memory));
        add_timeout();
        add_of_both();
        add("ScriptLog", config_.script_log, config_.script_log.value_or("none"));
        add_core_limit();
        return std::move(views_);
    }

private:
    static const char* on(bool is_on) noexcept { return is_on ? "on" : "off"; }

    template <class Member>
    void add(const char* directive, const Member& member, std::string value) {
        std::string origin = "default";
        if (member.is_set)
            origin = member.origin ? place(member.origin->file, member.origin->line)
                                   : "the configuration";
        views_.push_back({directive, std::move(value), std::move(origin)});
    }

    void add_form_bounds() {
        add("CppCGIMaxBody", config_.max_body, std::to_string(limits_.max_body));
        add("CppCGIMaxField", config_.max_field, std::to_string(limits_.max_field));
        add("CppCGIMaxFile", config_.max_file, std::to_string(limits_.max_file));
        add("CppCGIMaxMemory", config_.max_memory, std::to_string(limits_.max_memory));
        add("CppCGIMaxFields", config_.max_fields, std::to_string(limits_.max_fields));
        add("CppCGIMaxPartHeader", config_.max_part_header,
            std::to_string(limits_.max_part_header));
        add("CppCGIMaxNesting", config_.max_nesting,
            std::to_string(limits_.max_nesting));
    }

    void add_of_both() {
        add("CppCGISpoolDir", config_.spool_dir,
            *config_.spool_dir.value_or("") ? config_.spool_dir.value
                                            : "TMPDIR or /tmp");
        add("CppCGIArguments", config_.arguments, on(config_.arguments.value_or(true)));
        add("CppCGIAbort", config_.abort, on(config_.abort.value_or(true)));
    }

    void add_timeout() {
        const apr_interval_time_t time = config_.timeout.value_or(r_->server->timeout);
        add("CppCGITimeout", config_.timeout,
            std::to_string(apr_time_as_msec(time)) + " ms");
        if (!config_.timeout.is_set) views_.back().origin = "Timeout";
    }

    void add_core_limit() {
        const apr_off_t bytes = ap_get_limit_req_body(r_);
        views_.push_back({"LimitRequestBody",
                          bytes == 0 ? "no bound" : std::to_string(bytes),
                          "httpd's own"});
    }

    const request_rec* r_;
    const DirectorySettings& config_;
    cppcgi_limits limits_;
    std::vector<SettingView> views_;
};

void explain_handler(Explanation& answer, const request_rec* sub,
                     const Registration& registration) {
    const Handler& handler = *registration.handler;
    answer.kind = "handler";
    answer.served_by = text_of(handler.label);
    answer.why =
        registration_text(registration) + " is the last registration that matches";
    if (handler.library) answer.file = handler.library->path;
    if (handler.fault) answer.fault = handler.fault;
    answer.settings = Settings(sub, config_of(sub)).of_handler();
}

// What keeps the kernel from starting it, as far as looking tells.
std::string start_fault(request_rec* sub) {
    const host::ScriptFault fault =
        host::find_script_fault({.path = sub->filename,
                                 .user = host::current_identity(),
                                 .argv = script_arguments(sub, false),
                                 .envp = script_environment(sub, nullptr)});
    if (!fault) return {};
    return std::string(host::message_number(fault.cause)) + ": " + fault.text;
}

void explain_script(Explanation& answer, request_rec* sub, const char* handler) {
    const DirectoryConfig& config = config_of(sub);
    answer.kind = "script";
    answer.served_by = answer.file = text_of(sub->filename);
    answer.why = std::string("its handler is ") + handler;
    if (is_script_aliased(sub)) answer.why = "ScriptAlias makes it a script";
    if (const Registration* none = match_registration(sub, config.registrations))
        answer.why += "; " + registration_text(*none) + " switches handlers off";
    else
        answer.why += "; no CppCGIHandler matches";
    const ScriptRefusal refusal = check_script(sub, config);
    if (refusal.status != OK) {
        answer.fault = std::string(refusal.number) + ": " + refusal.reason;
    } else if (std::strcmp(handler, handler_name) != 0 && !is_ours_to_run(config)) {
        answer.kind = "other";
        answer.served_by = "mod_cgi or mod_cgid";
        answer.why += "; they are loaded and no CppCGIFallback is written here";
    } else {
        answer.fault = start_fault(sub);
    }
    answer.settings = Settings(sub, config).of_script();
}

void explain_other(Explanation& answer, const request_rec* sub, const char* handler) {
    answer.kind = "other";
    answer.served_by = *handler ? handler : "httpd's default handler";
    if (const Registration* match =
            match_registration(sub, config_of(sub).registrations))
        answer.why = registration_text(*match) +
                     (match->target ? " matches, but another SetHandler wins over it"
                                    : " switches handlers off");
    else
        answer.why =
            "no CppCGIHandler matches, and no SetHandler, AddHandler or "
            "ScriptAlias makes it a script";
}

bool is_any_of(const char* name, std::initializer_list<const char*> names) noexcept {
    for (const char* one : names)
        if (std::strcmp(name, one) == 0) return true;
    return false;
}

void explain_found(Explanation& answer, request_rec* sub) {
    answer.script_name =
        std::string(sub->uri, static_cast<std::size_t>(ap_find_path_info(
                                  sub->uri, sub->path_info ? sub->path_info : "")));
    answer.path_info = text_of(sub->path_info);
    answer.exec_cgi =
        (ap_allow_options(sub) & OPT_EXECCGI) != 0 || is_script_aliased(sub);
    // httpd puts the media type in the handler's place when no handler is set.
    const char* handler = sub->handler        ? sub->handler
                          : sub->content_type ? sub->content_type
                                              : "";
    const Registration* registration = chosen_registration(sub);
    if (!registration && is_any_of(handler, {handler_name}))
        registration = find_registration(sub, config_of(sub).registrations);
    if (registration)
        explain_handler(answer, sub, *registration);
    else if (is_any_of(handler, {handler_name, script_handler_name, script_media_type}))
        explain_script(answer, sub, handler);
    else
        explain_other(answer, sub, sub->handler ? sub->handler : "");
}

}  // namespace

Explanation explain(request_rec* r, const char* url) {
    Explanation answer;
    answer.url = url;
    request_rec* sub = ap_sub_req_lookup_uri(url, r, nullptr);
    answer.status = sub->status;
    // What the reader may not have is not explained either.
    if (sub->status == HTTP_OK) {
        explain_found(answer, sub);
    } else {
        answer.kind = "refused";
        answer.why = "httpd answers " + std::to_string(sub->status) +
                     " before a handler is asked: access rules, or a URL that maps "
                     "nowhere; the error log has the reason";
    }
    ap_destroy_sub_req(sub);
    return answer;
}

}  // namespace cppcgi::module
