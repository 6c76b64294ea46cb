#include "core/preconditions.h"

#include "core/characters.h"

#include <algorithm>
#include <stdexcept>

namespace cppcgi::detail {

namespace {

// RFC 9110 section 8.8.3: etagc.
constexpr CharacterClass tag_characters = character_class([](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '"' && c != 0x7f;
});

bool is_weak(std::string_view tag) noexcept { return tag.starts_with("W/"); }

std::string_view opaque(std::string_view tag) noexcept {
    return tag.substr(is_weak(tag) ? 2 : 0);
}

bool is_quoted(std::string_view tag) noexcept {
    tag = opaque(tag);
    return tag.size() >= 2 && tag.front() == '"' && tag.back() == '"';
}

// Cuts the first tag off the list; commas may stand inside its quotes.
std::string_view next_tag(std::string_view& list) noexcept {
    list.remove_prefix(std::min(list.find_first_not_of(", \t"), list.size()));
    const std::size_t quote = list.find('"');
    std::size_t end = list.find(',');
    if (quote < end)
        end = list.find(',', std::min(list.find('"', quote + 1), list.size()));
    const std::string_view tag = list.substr(0, end);
    list.remove_prefix(tag.size());
    return trim(tag);
}

bool is_newer(const std::optional<Time>& modified, std::string_view date) {
    const auto since = parse_http_date(date);
    return modified && since &&
           std::chrono::floor<std::chrono::seconds>(*modified) > *since;
}

// What asks for the page to be what the client thinks it is.
bool demands_hold(const Conditions& conditions, std::string_view etag,
                  const std::optional<Time>& modified) {
    if (conditions.if_match) {
        // "*" asks for any page, and there is one.
        return trim(*conditions.if_match) == "*" ||
               lists_etag(*conditions.if_match, etag, true);
    }
    return !conditions.if_unmodified_since ||
           !is_newer(modified, *conditions.if_unmodified_since);
}

}  // namespace

bool lists_etag(std::string_view list, std::string_view tag, bool strong) {
    if (trim(list) == "*") return true;
    if (tag.empty() || (strong && is_weak(tag))) return false;
    while (!list.empty()) {
        const std::string_view listed = next_tag(list);
        if (!listed.empty() && opaque(listed) == opaque(tag) &&
            !(strong && is_weak(listed)))
            return true;
    }
    return false;
}

Verdict check_conditions(std::string_view method, const Conditions& conditions,
                         std::string_view etag, const std::optional<Time>& modified,
                         Time now) {
    if (!demands_hold(conditions, etag, modified)) return Verdict::failed;
    const bool reads = method == "GET" || method == "HEAD";
    if (conditions.if_none_match) {
        if (!lists_etag(*conditions.if_none_match, etag, false))
            return Verdict::proceed;
        return reads ? Verdict::not_modified : Verdict::failed;
    }
    if (!reads || !modified || !conditions.if_modified_since) return Verdict::proceed;
    const auto since = parse_http_date(*conditions.if_modified_since);
    const bool counts = since && *since <= now;
    return counts && !is_newer(modified, *conditions.if_modified_since)
               ? Verdict::not_modified
               : Verdict::proceed;
}

std::string to_etag(std::string_view text, bool weak) {
    const bool quoted = is_quoted(text);
    const std::string_view inner =
        quoted ? opaque(text).substr(1, opaque(text).size() - 2) : text;
    if (!std::all_of(inner.begin(), inner.end(),
                     [](char c) { return is_in(tag_characters, c); }))
        throw std::invalid_argument(
            "an entity tag holds a quote, a blank or a control character");
    std::string tag = weak || (quoted && is_weak(text)) ? "W/\"" : "\"";
    return tag.append(inner).append("\"");
}

}  // namespace cppcgi::detail
