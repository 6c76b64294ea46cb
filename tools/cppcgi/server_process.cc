#include "tools/cppcgi/server_process.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "host/identity.h"

namespace cppcgi::tools {

namespace {

namespace fs = std::filesystem;

// The shared libraries that the process has mapped from files.
std::vector<std::string> mapped_libraries(const fs::path& process) {
    std::vector<std::string> paths;
    std::ifstream maps(process / "maps");
    for (std::string line; std::getline(maps, line);) {
        const std::size_t slash = line.find('/');
        if (slash == std::string::npos ||
            line.find(".so", slash) == std::string::npos ||
            line.find(" (deleted)") != std::string::npos)
            continue;
        std::string path = line.substr(slash);
        if (paths.empty() || paths.back() != path) paths.push_back(std::move(path));
    }
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    return paths;
}

bool has_module(const std::vector<std::string>& paths) {
    return std::any_of(paths.begin(), paths.end(), [](const std::string& path) {
        return path.ends_with("/mod_cppcgi.so");
    });
}

std::string usual_user() {
    host::Identity identity;
    for (const char* name : {"www-data", "apache", "httpd", "http", "nobody"})
        if (host::find_identity(name, identity)) return name;
    return host::user_name(::geteuid());
}

}  // namespace

ServerProcess find_server() {
    ServerProcess server;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::vector<std::string> paths = mapped_libraries(entry.path());
        struct stat status;
        if (!has_module(paths) || ::stat(entry.path().c_str(), &status) != 0) continue;
        server.is_found = true;
        server.loaded = std::move(paths);
        server.user = host::user_name(status.st_uid);
        // The parent is root's; a child says more.
        if (status.st_uid != 0) return server;
    }
    if (!server.is_found || server.user == "root") server.user = usual_user();
    return server;
}

}  // namespace cppcgi::tools
