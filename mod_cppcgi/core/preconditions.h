// The conditions of a request (RFC 9110 section 13) against what a page is now, for pages
// that are not worth making and hosts that do not look themselves.
#ifndef CPPCGI_CORE_PRECONDITIONS_H
#define CPPCGI_CORE_PRECONDITIONS_H

#include <cppcgi/http_date.h>

#include <optional>
#include <string>
#include <string_view>

namespace cppcgi::detail {

// The header fields that state conditions, as they came; none is not the empty text.
struct Conditions {
    std::optional<std::string_view> if_match = {};
    std::optional<std::string_view> if_none_match = {};
    std::optional<std::string_view> if_modified_since = {};
    std::optional<std::string_view> if_unmodified_since = {};
};

enum class Verdict {
    proceed,
    not_modified,  // 304
    failed         // 412
};

// In the order of RFC 9110 section 13.2.2. `etag` is a whole entity tag with its quotes, or
// empty; `now` because a date that lies ahead of it is no condition.
Verdict check_conditions(std::string_view method, const Conditions& conditions,
                         std::string_view etag, const std::optional<Time>& modified,
                         Time now);

// True when `tag` stands in the list of entity tags, or the list is "*". Strong comparison
// matches no weak tag.
bool lists_etag(std::string_view list, std::string_view tag, bool strong);

// The text as an entity tag with its quotes. Throws std::invalid_argument when it holds
// what none can hold.
std::string to_etag(std::string_view text, bool weak);

}  // namespace cppcgi::detail

#endif
