// An error report as a page of HTML, for the browser and for the file alike.
#ifndef CPPCGI_CORE_REPORT_PAGE_H
#define CPPCGI_CORE_REPORT_PAGE_H

#include "core/error_report.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace cppcgi::detail {

// Everything. At most around 512 KB, and rarely more than 50. With a line that counts, for
// report_store.h.
std::string make_report_page(const ErrorReport& report, bool counts = false);

// What a visitor gets where the report is not for him: its number only.
std::string make_visitor_page(std::string_view id);

// What goes with both: scripts, styles and images of elsewhere are refused, should
// anything of the request ever be taken for markup.
inline constexpr std::string_view report_policy =
    "default-src 'none'; style-src 'unsafe-inline'";

}  // namespace cppcgi::detail

#endif
