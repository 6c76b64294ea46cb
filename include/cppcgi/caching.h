// What tells browsers and caches how long a page holds, and what lets them ask whether it
// has changed. Plain values for Response.
#ifndef CPPCGI_CACHING_H
#define CPPCGI_CACHING_H

#include <cppcgi/api.h>
#include <cppcgi/http_date.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cppcgi {

// What a page is now: an entity tag, the time of its last change, or both. The tag is any
// text without quotes, blanks and control characters ("v17"); quotes are added, and one
// that has them ("\"v17\"", "W/\"v17\"") is taken as it is.
struct Validators {
    std::string_view etag = {};
    // The page means the same, though its bytes may differ.
    bool weak = false;
    std::optional<Time> last_modified = std::nullopt;
};

// Cache-Control (RFC 9111 section 5.2.2), written in this order:
//
//     res.cache_control({.is_public = true, .max_age = 24h});
struct CacheControl {
    bool is_public = false;
    bool is_private = false;
    bool no_cache = false;  // keep it, but ask before each use
    bool no_store = false;
    bool no_transform = false;
    bool must_revalidate = false;
    bool immutable = false;
    std::optional<std::chrono::seconds> max_age = std::nullopt;
    std::optional<std::chrono::seconds> s_maxage = std::nullopt;  // of shared caches
    std::optional<std::chrono::seconds> stale_while_revalidate = std::nullopt;
    std::optional<std::chrono::seconds> stale_if_error = std::nullopt;

    // "public, max-age=86400"; times below zero are zero.
    CPPCGI_API std::string to_string() const;
};

}  // namespace cppcgi

#endif
