// A directory with error reports, one file for each place where something was thrown. The
// same throw again counts in its file. Never follows a link, never touches a file of
// anybody else's; files are made with mode 0600 and appear when they are whole. When there
// are too many, the one that was seen last the longest time ago goes. Any thread, any number
// of processes.
#ifndef CPPCGI_CORE_REPORT_STORE_H
#define CPPCGI_CORE_REPORT_STORE_H

#include <cstddef>
#include <functional>
#include <string>

namespace cppcgi::detail {

inline constexpr std::size_t most_reports = 100;

struct StoredReport {
    int error = 0;  // of errno; then there is no report
    std::string path;
    bool is_new = false;
};

// `make_page` is called when there is no report of that id yet; the page has the line of
// seen_line() once.
StoredReport store_report(const std::string& directory, const std::string& id,
                          const std::function<std::string()>& make_page);

// "Seen 1 times, last at ...", of a fixed length, as HTML.
std::string seen_line(unsigned long times);

}  // namespace cppcgi::detail

#endif
