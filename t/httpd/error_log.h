// The error log of a private httpd as an oracle: a line of level error or worse, a
// warning of ours, or anything not in the log's own form (a sanitizer, the C library
// before it aborts) is a failure unless the test claimed it. Owned by the Server.
#ifndef CPPCGI_T_HTTPD_ERROR_LOG_H
#define CPPCGI_T_HTTPD_ERROR_LOG_H

#include <filesystem>
#include <regex>
#include <string>
#include <vector>

namespace cppcgi_test {

class ErrorLog {
public:
    explicit ErrorLog(std::filesystem::path file);

    // Waits, with a bound, for a line that matches, fails the test when none comes, and
    // takes this and all lines like it as expected. Returns the line, else "".
    std::string claim(const std::string& pattern);

    // Lines like this may come or not.
    void allow(const std::string& pattern) { claims_.emplace_back(pattern); }

    // Lines that nobody claimed and that must not be there.
    std::vector<std::string> unclaimed() const;

    std::vector<std::string> lines() const;

    // How many lines match now.
    std::size_t count(const std::string& pattern) const;

private:
    bool claimed(const std::string& line) const;

    std::filesystem::path file_;
    std::vector<std::regex> claims_;
};

}  // namespace cppcgi_test

#endif
