#include <cppcgi/caching.h>

#include <algorithm>

namespace cppcgi {

namespace {

void append_word(std::string& out, bool wanted, std::string_view word) {
    if (!wanted) return;
    if (!out.empty()) out += ", ";
    out += word;
}

void append_seconds(std::string& out, std::string_view name,
                    const std::optional<std::chrono::seconds>& time) {
    if (!time) return;
    append_word(out, true, name);
    out += '=';
    out += std::to_string(std::max<std::chrono::seconds::rep>(time->count(), 0));
}

}  // namespace

std::string CacheControl::to_string() const {
    std::string out;
    append_word(out, is_public, "public");
    append_word(out, is_private, "private");
    append_word(out, no_cache, "no-cache");
    append_word(out, no_store, "no-store");
    append_word(out, no_transform, "no-transform");
    append_word(out, must_revalidate, "must-revalidate");
    append_word(out, immutable, "immutable");
    append_seconds(out, "max-age", max_age);
    append_seconds(out, "s-maxage", s_maxage);
    append_seconds(out, "stale-while-revalidate", stale_while_revalidate);
    append_seconds(out, "stale-if-error", stale_if_error);
    return out;
}

}  // namespace cppcgi
