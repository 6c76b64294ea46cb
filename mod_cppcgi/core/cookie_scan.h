// Finds where the cookies of a header begin and end. Positions only: what they mean is
// decided in cookies.cc.
#ifndef CPPCGI_CORE_COOKIE_SCAN_H
#define CPPCGI_CORE_COOKIE_SCAN_H

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cppcgi::detail {

// Room that a scan may use beyond the positions it reports.
inline constexpr std::size_t cookie_scan_slack = 8;

// Writes, in order, the position of every semicolon and of each first equals sign since
// the start or the last semicolon; returns how many. `positions` has room for
// text.size() + cookie_scan_slack. Reads no byte outside `text`, which is shorter than
// 4 GiB.
using CookieScan = std::size_t (*)(std::string_view text, std::uint32_t* positions);

// Both give the same; the first is what this machine's CPU does best.
std::size_t scan_cookies(std::string_view text, std::uint32_t* positions) noexcept;
std::size_t scan_cookies_plain(std::string_view text,
                               std::uint32_t* positions) noexcept;

}  // namespace cppcgi::detail

#endif
