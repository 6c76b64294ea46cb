// cppcgi doctor FILE|DIR|URL: why a script or a handler library does not work, or will not
// for long, and the command that repairs it. Changes nothing.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <stdexcept>

#include "host/library_diagnosis.h"
#include "host/script_diagnosis.h"
#include "host/suexec_rules.h"
#include "tools/cppcgi/command.h"
#include "tools/cppcgi/dry_run.h"
#include "tools/cppcgi/server_process.h"
#include "tools/cppcgi/server_question.h"
#include "tools/installation.h"

#ifdef CPPCGI_HAVE_JSON
#include "host/json.h"
#endif

namespace cppcgi::tools {

namespace {

namespace fs = std::filesystem;

using host::Diagnosis;
using host::Finding;
using host::Severity;

constexpr std::size_t most_files = 1000;  // of a directory

struct Options {
    std::string what;
    std::string user;
    std::string suexec;  // USER[:GROUP]
    std::string suexec_docroot = "/var/www";
    std::string status_page;
    std::string library_dir;
    bool json = false;
    bool no_run = false;
};

class Doctor {
public:
    explicit Doctor(const Options& options) : options_(options) {
        server_ = find_server();
        if (!options.user.empty()) server_.user = options.user;
        if (!host::find_identity(server_.user, user_))
            throw std::runtime_error("there is no user " + server_.user +
                                     "; name the server's with --user");
    }

    int examine() {
        std::string explained;
        if (options_.what.find("://") != std::string::npos)
            explained = examine_url();
        else
            examine_path(fs::absolute(options_.what).lexically_normal());
        if (options_.json)
            print_json(explained);
        else
            print_text(explained);
        return std::any_of(
                   all_.begin(), all_.end(),
                   [](const Diagnosis& diagnosis) { return diagnosis.has_fault(); }) ||
                       url_has_fault_
                   ? 1
                   : 0;
    }

private:
    // What the running server says, and a look at the file that it names.
    std::string examine_url() {
        const Url url = parse_url(options_.what);
        const std::string text = ask_server(url, options_.status_page, false);
        const std::string file = line_of(text, "file: ");
        const std::string served_by = line_of(text, "served by: ");
        url_has_fault_ =
            !line_of(text, "fault: ").empty() || !line_of(text, "status: ").empty();
        const bool is_ours =
            served_by.starts_with("handler ") || served_by.starts_with("script ");
        std::error_code error;
        if (is_ours && fs::is_regular_file(file, error)) examine_file(file);
        return options_.json ? ask_server(url, options_.status_page, true) : text;
    }

    static std::string line_of(const std::string& text, const std::string& name) {
        const std::size_t at = ("\n" + text).find("\n" + name);
        if (at == std::string::npos) return {};
        const std::size_t start = at + name.size();
        return text.substr(start, text.find('\n', start) - start);
    }

    void examine_path(fs::path path) {
        std::error_code error;
        if (path.filename().empty()) path = path.parent_path();
        if (!fs::is_directory(path, error)) return examine_file(path);
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(path, error))
            if (files.size() < most_files && looks_like_ours(entry))
                files.push_back(entry);
        if (error) throw std::runtime_error(path.native() + ": " + error.message());
        if (files.empty())
            throw std::runtime_error("there is no script and no handler library in " +
                                     path.native());
        std::sort(files.begin(), files.end());
        for (const fs::path& file : files) examine_file(file);
    }

    static bool looks_like_ours(const fs::directory_entry& entry) {
        std::error_code error;
        if (!entry.is_regular_file(error)) return false;
        const std::string type = entry.path().extension();
        for (const char* known : {".so", ".cgi", ".pl", ".py", ".sh", ".rb", ".fcgi"})
            if (type == known) return true;
        const auto executable =
            fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
        return (entry.status(error).permissions() & executable) != fs::perms::none;
    }

    void examine_file(const fs::path& path) {
        if (is_library(path))
            examine_library(path);
        else
            examine_script(path);
    }

    // By its name: a library that lies where scripts are run is looked at as one.
    static bool is_library(const fs::path& path) {
        return path.filename().native().find(".so") != std::string::npos;
    }

    void examine_library(const fs::path& path) {
        host::LibraryQuestion question;
        question.file = path;
        question.starter = server_.is_found ? 0 : ::geteuid();
        try {
            question.runtime = library_directory() / "libcppcgi.so.1";
        } catch (const std::exception&) {
            // Then the library must find it by itself.
        }
        question.library_dir = options_.library_dir;
        question.loaded = server_.loaded;
        question.run = !options_.no_run;
        question.drop_privileges = [this] { return become(user_); };
        all_.push_back(host::diagnose_library(question));
    }

    void examine_script(const fs::path& path) {
        const std::vector<std::string> environment = cgi_environment(path);
        std::vector<char*> variables;
        for (const std::string& variable : environment)
            variables.push_back(const_cast<char*>(variable.c_str()));
        variables.push_back(nullptr);
        Diagnosis diagnosis = host::diagnose_script(path, user_, variables.data());
        if (!options_.suexec.empty()) {
            const std::size_t colon =
                std::min(options_.suexec.find(':'), options_.suexec.size());
            host::examine_suexec(diagnosis,
                                 {.file = path,
                                  .user = options_.suexec.substr(0, colon),
                                  .group = colon < options_.suexec.size()
                                               ? options_.suexec.substr(colon + 1)
                                               : "",
                                  .docroot = options_.suexec_docroot});
        }
        // What cannot start is not tried.
        if (!options_.no_run && !diagnosis.has_fault())
            dry_run(diagnosis, user_, environment);
        all_.push_back(std::move(diagnosis));
    }

    static const char* name_of(Severity severity) noexcept {
        switch (severity) {
            case Severity::good:
                return "ok";
            case Severity::note:
                return "note";
            case Severity::warning:
                return "warning";
            case Severity::fault:
                return "FAULT";
        }
        return "";
    }

    void print_text(const std::string& explained) const {
        if (!explained.empty()) std::cout << explained << "\n";
        for (const Diagnosis& diagnosis : all_) {
            std::cout << diagnosis.file << " (" << diagnosis.kind << ", for the user "
                      << server_.user << ")\n";
            for (const Finding& finding : diagnosis.findings) {
                std::printf("  %-8s%s: ", name_of(finding.severity),
                            finding.subject.c_str());
                std::fflush(stdout);
                std::cout << finding.number << (finding.number.empty() ? "" : ": ")
                          << finding.text << "\n";
                if (!finding.command.empty())
                    std::cout << "          repair: " << finding.command << "\n";
            }
        }
    }

    void print_json(const std::string& explained) const {
#ifdef CPPCGI_HAVE_JSON
        host::Json examined = host::Json::array();
        for (const Diagnosis& diagnosis : all_) examined.push_back(json_of(diagnosis));
        const host::Json answer = {
            {"explained",
             explained.empty() ? host::Json() : host::Json::parse(explained)},
            {"examined", std::move(examined)}};
        std::cout << host::text_of(answer);
    }

    host::Json json_of(const Diagnosis& diagnosis) const {
        host::Json findings = host::Json::array();
        for (const Finding& finding : diagnosis.findings)
            findings.push_back({{"severity", finding.severity == Severity::fault
                                                 ? "fault"
                                                 : name_of(finding.severity)},
                                {"subject", finding.subject},
                                {"number", finding.number},
                                {"text", finding.text},
                                {"command", finding.command}});
        return {{"file", diagnosis.file},
                {"kind", diagnosis.kind},
                {"user", server_.user},
                {"works", !diagnosis.has_fault()},
                {"findings", std::move(findings)}};
    }
#else
        throw std::runtime_error("--json needs a build with nlohmann-json" + explained);
    }
#endif

    const Options& options_;
    ServerProcess server_;
    host::Identity user_;
    std::vector<Diagnosis> all_;
    bool url_has_fault_ = false;
};

const Command command(60, [](CLI::App& program, int& status) {
    auto [doctor, options] = add_subcommand<Options>(
        program, status, "doctor",
        "Says why a script or a handler library does not work, and how to repair it. "
        "Exit status: 0, or 1 when something is at fault.",
        [](const Options& given) { return Doctor(given).examine(); });
    doctor
        ->add_option("WHAT", options->what,
                     "a script, a handler library, a directory of them, or a URL of a "
                     "running server")
        ->required();
    doctor->add_flag("--json", options->json, "write JSON");
    doctor->add_flag("--no-run", options->no_run,
                     "run nothing: neither the script nor the library's constructors");
    doctor->add_option("--user", options->user,
                       "whose permissions count; by default the running server's user");
    doctor->add_option("--suexec", options->suexec,
                       "ask the rules of suexec too, for USER[:GROUP] of "
                       "SuexecUserGroup");
    doctor->add_option("--suexec-docroot", options->suexec_docroot,
                       "AP_DOC_ROOT of suexec -V; default /var/www");
    doctor->add_option("--library-dir", options->library_dir,
                       "CppCGILibraryDir of the server");
    doctor->add_option("--status", options->status_page,
                       "the URL of the status page; by default /cppcgi-status of the "
                       "server asked");
});

}  // namespace

}  // namespace cppcgi::tools
