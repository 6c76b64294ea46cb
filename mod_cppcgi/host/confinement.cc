#include "host/confinement.h"

#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

namespace cppcgi::host {

namespace {

namespace fs = std::filesystem;

constexpr std::array units = {"apache2.service", "httpd.service"};
constexpr std::array unit_folders = {"/etc/systemd/system", "/run/systemd/system",
                                     "/lib/systemd/system", "/usr/lib/systemd/system"};

std::string read_text(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return std::string(
        text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

bool is_on(std::string value) {
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return c | 0x20; });
    return value == "yes" || value == "true" || value == "1" || value == "on";
}

bool is_below(const std::string& file, const std::string& folder) {
    return file.starts_with(folder) &&
           (file.size() == folder.size() || file[folder.size()] == '/' ||
            folder.ends_with('/'));
}

// The label that SELinux has for the file, "" without one.
std::string label_of(const std::string& file) {
    char label[256];
    const ssize_t size =
        ::getxattr(file.c_str(), "security.selinux", label, sizeof label - 1);
    if (size <= 0) return {};
    label[size] = '\0';
    return label;
}

void examine_selinux(Diagnosis& diagnosis, const std::string& file,
                     const std::string& root) {
    const std::string enforce = trimmed(read_text(root + "/sys/fs/selinux/enforce"));
    if (enforce.empty()) return;
    if (enforce != "1")
        return diagnosis.note("SELinux", "SELinux is permissive: it refuses nothing");
    const std::string label = label_of(file);
    const std::string type =
        diagnosis.kind == "library" ? "lib_t" : "httpd_sys_script_exec_t";
    if (label.find(type) != std::string::npos)
        return diagnosis.good("SELinux",
                              "SELinux is enforcing, and the file is " + label);
    diagnosis.warn("SELinux",
                   "SELinux is enforcing, and the file is " +
                       (label.empty() ? "not labelled" : label) + ", not " + type,
                   "chcon -t " + type + " " + file);
}

void examine_apparmor(Diagnosis& diagnosis, const std::string& root) {
    std::istringstream profiles(
        read_text(root + "/sys/kernel/security/apparmor/profiles"));
    for (std::string line; std::getline(profiles, line);) {
        if (line.find("apache2") == std::string::npos &&
            line.find("httpd") == std::string::npos)
            continue;
        if (line.find("(enforce)") != std::string::npos)
            return diagnosis.note(
                "AppArmor", "AppArmor confines the server by the profile " + line +
                                "; journalctl -k shows what it refuses");
    }
}

struct Setting {
    std::string name;
    std::string value;
    std::string file;
    std::string unit;
};

void read_unit(const fs::path& path, const char* unit, std::vector<Setting>& settings) {
    std::istringstream lines(read_text(path));
    for (std::string line; std::getline(lines, line);) {
        const std::size_t equals = line.find('=');
        if (equals == std::string::npos || line[0] == '#' || line[0] == ';') continue;
        settings.push_back({trimmed(line.substr(0, equals)),
                            trimmed(line.substr(equals + 1)), path.native(), unit});
    }
}

// Of the first unit there is, with its drop-ins; a later one wins.
std::vector<Setting> unit_settings(const std::string& root) {
    std::vector<Setting> settings;
    for (const char* unit : units) {
        for (const char* folder : unit_folders) {
            const fs::path path = root + folder + "/" + unit;
            std::error_code error;
            if (!fs::is_regular_file(path, error)) continue;
            read_unit(path, unit, settings);
            break;
        }
        for (auto folder = unit_folders.rbegin(); folder != unit_folders.rend();
             ++folder) {
            std::error_code error;
            std::vector<fs::path> parts;
            for (const auto& entry :
                 fs::directory_iterator(root + *folder + "/" + unit + ".d", error))
                if (entry.path().extension() == ".conf") parts.push_back(entry.path());
            std::sort(parts.begin(), parts.end());
            for (const fs::path& part : parts) read_unit(part, unit, settings);
        }
        if (!settings.empty()) break;
    }
    return settings;
}

class Unit {
public:
    explicit Unit(std::vector<Setting> settings) : settings_(std::move(settings)) {}

    const Setting* find(std::string_view name) const {
        for (auto setting = settings_.rbegin(); setting != settings_.rend(); ++setting)
            if (setting->name == name) return &*setting;
        return nullptr;
    }
    bool is_on(std::string_view name) const {
        const Setting* setting = find(name);
        return setting && host::is_on(setting->value);
    }

private:
    std::vector<Setting> settings_;
};

void examine_systemd(Diagnosis& diagnosis, const std::string& file,
                     const std::string& root) {
    const Unit unit(unit_settings(root));
    const auto add = [&](const char* name, const std::string& text, bool hurts) {
        const Setting& setting = *unit.find(name);
        diagnosis.add({hurts ? Severity::warning : Severity::note, "systemd", "",
                       std::string(name) + "=" + setting.value + " (" + setting.file +
                           "): " + text,
                       hurts ? "systemctl edit " + setting.unit : ""});
    };
    if (unit.is_on("PrivateTmp")) {
        const bool hurts = is_below(file, "/tmp") || is_below(file, "/var/tmp");
        add("PrivateTmp",
            hurts
                ? "the server has a /tmp of its own and does not see this file"
                : "the server's /tmp is its own: what it writes there nobody else sees",
            hurts);
    }
    const Setting* home = unit.find("ProtectHome");
    if (home && home->value != "no" && home->value != "false") {
        const bool hurts = (is_below(file, "/home") || is_below(file, "/root")) &&
                           home->value != "read-only";
        add("ProtectHome", "the server does not see or write home directories", hurts);
    }
    if (unit.is_on("NoNewPrivileges"))
        add("NoNewPrivileges",
            "suexec, sudo and other set-user-id programs do not work", false);
    if (unit.is_on("MemoryDenyWriteExecute"))
        add("MemoryDenyWriteExecute",
            "interpreters that compile while they run (PHP, node) may fail", false);
    for (const char* name : {"NoExecPaths", "InaccessiblePaths"}) {
        const Setting* setting = unit.find(name);
        if (!setting) continue;
        std::istringstream paths(setting->value);
        bool hurts = false;
        for (std::string path; paths >> path;) {
            path.erase(0, path.find('/'));
            hurts = hurts || (!path.empty() && is_below(file, path));
        }
        add(name, hurts ? "this file lies below one of these" : "not this file", hurts);
    }
    const Setting* system = unit.find("ProtectSystem");
    if (system && system->value != "no" && system->value != "false")
        add("ProtectSystem", "parts of the file system are read-only for the server",
            false);
}

}  // namespace

void examine_confinement(Diagnosis& diagnosis, const std::string& file,
                         const std::string& root) {
    examine_selinux(diagnosis, file, root);
    examine_apparmor(diagnosis, root);
    examine_systemd(diagnosis, file, root);
}

}  // namespace cppcgi::host
