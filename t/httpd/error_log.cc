#include "t/httpd/error_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "t/process.h"

namespace cppcgi_test {
namespace {

bool is_bad(const std::string& line) {
    static const std::regex form(R"(^\[[^\]]+\] \[[\w-]*:([a-z0-9]+)\] \[pid )");
    if (line.empty()) return false;
    std::smatch match;
    if (!std::regex_search(line, match, form)) return true;
    const std::string level = match[1];
    if (level == "error" || level == "crit" || level == "alert" || level == "emerg")
        return true;
    if (line.find(" exit signal ") != std::string::npos) return true;
    return level == "warn" && std::regex_search(line, std::regex(R"(CPPCGI\d{4})"));
}

}  // namespace

ErrorLog::ErrorLog(std::filesystem::path file) : file_(std::move(file)) {
    // mpm_event's own, when it is stopped while it closes a connection.
    allow("AH03092: process_lingering_close");
}

std::vector<std::string> ErrorLog::lines() const {
    std::vector<std::string> result;
    std::ifstream stream(file_);
    for (std::string line; std::getline(stream, line);) result.push_back(line);
    return result;
}

std::string ErrorLog::claim(const std::string& pattern) {
    claims_.emplace_back(pattern);
    std::string found;
    const bool came = poll_until([&] {
        for (const std::string& line : lines())
            if (std::regex_search(line, claims_.back())) found = line;
        return !found.empty();
    });
    if (!came) {
        ADD_FAILURE() << "no line of the error log matches: " << pattern << "\n"
                      << read_file(file_);
    }
    return found;
}

std::vector<std::string> ErrorLog::unclaimed() const {
    std::vector<std::string> result = lines();
    std::erase_if(result, [this](const std::string& line) {
        return !is_bad(line) || claimed(line);
    });
    return result;
}

std::size_t ErrorLog::count(const std::string& pattern) const {
    const std::regex expression(pattern);
    const auto all = lines();
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(),
        [&](const std::string& line) { return std::regex_search(line, expression); }));
}

bool ErrorLog::claimed(const std::string& line) const {
    return std::any_of(claims_.begin(), claims_.end(), [&](const std::regex& claim) {
        return std::regex_search(line, claim);
    });
}

}  // namespace cppcgi_test
