#include <cppcgi/cookie.h>

#include <cppcgi/error.h>
#include <cppcgi/http_date.h>

#include "core/characters.h"

#include <algorithm>
#include <array>

namespace cppcgi {

namespace {

using detail::equal_no_case;

// What http.cookies writes without quotes: tokens and the colon.
constexpr detail::CharacterClass unquoted = detail::character_class(
    [](char c) { return detail::is_in(detail::token_characters, c) || c == ':'; });

// What stands inside its quotes as it is. Comma and semicolon do not, since some readers
// split there without looking at quotes.
constexpr detail::CharacterClass unescaped = detail::character_class([](char c) {
    return detail::is_in(unquoted, c) ||
           std::string_view(" ()/<=>?@[]{}").find(c) != std::string_view::npos;
});

// http.cookies._quote, on the bytes.
void append_value(std::string& out, std::string_view value) {
    const auto plain = [](char c) { return detail::is_in(unquoted, c); };
    if (std::all_of(value.begin(), value.end(), plain)) {
        out += value;
        return;
    }
    out += '"';
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (detail::is_in(unescaped, c)) {
            out += c;
        } else if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else {
            out += {'\\', static_cast<char>('0' + (byte >> 6)),
                    static_cast<char>('0' + (byte >> 3 & 7)),
                    static_cast<char>('0' + (byte & 7))};
        }
    }
    out += '"';
}

// RFC 6265bis section 4.1.1: an av-octet is any character but ; and controls.
bool is_attribute(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return c == ';' || detail::is_control(c); });
}

bool is_samesite(std::string_view policy) {
    return equal_no_case(policy, "Strict") || equal_no_case(policy, "Lax") ||
           equal_no_case(policy, "None");
}

// Browsers compare prefixes without case (RFC 6265bis section 4.1.3).
bool has_prefix(std::string_view name, std::string_view prefix) {
    return equal_no_case(name.substr(0, prefix.size()), prefix);
}

// For a sentence: nothing that could break or forge a line of a log.
std::string shown(std::string_view text) {
    std::string out(text.substr(0, 100));
    std::replace_if(out.begin(), out.end(), detail::is_control, '?');
    return out;
}

}  // namespace

Cookie& Cookie::expires(Time when) { return set(expires_, http_date(when)); }

Cookie Cookie::removal(std::string_view name) {
    Cookie cookie(name, "");
    cookie.max_age(std::chrono::seconds(0)).expires(Time{});
    return cookie;
}

std::optional<std::string> Cookie::refusal() const {
    const std::string cookie = "cookie \"" + shown(name_) + "\": ";
    if (!detail::is_token(name_)) {
        return cookie +
               "its name must be one or more letters, digits or !#$%&'*+-.^_`|~";
    }
    const std::array<std::pair<const char*, const std::string*>, 6> attributes{
        {{"Path", &path_},
         {"Domain", &domain_},
         {"Expires", &expires_},
         {"SameSite", &samesite_},
         {"Comment", &comment_},
         {"Version", &version_}}};
    for (const auto& [attribute, text] : attributes) {
        if (is_attribute(*text)) continue;
        return cookie + attribute + " must not hold ; or a control character";
    }
    if (!samesite_.empty() && !is_samesite(samesite_)) {
        return cookie + "SameSite must be Strict, Lax or None, not \"" +
               shown(samesite_) + "\"";
    }
    if (has_prefix(name_, "__Secure-") && !secure_) {
        return cookie + "a name that begins with __Secure- needs Secure";
    }
    if (has_prefix(name_, "__Host-") && !(secure_ && path_ == "/" && domain_.empty())) {
        return cookie +
               "a name that begins with __Host- needs Secure and Path=/, and "
               "allows no Domain";
    }
    return std::nullopt;
}

std::optional<std::string> Cookie::warning() const {
    const std::string cookie = "cookie \"" + shown(name_) + "\": ";
    if (const std::size_t size = written().size(); size > max_size) {
        return cookie + "its " + std::to_string(size) + " bytes are more than the " +
               std::to_string(max_size) + " that browsers keep";
    }
    if (!secure_ && equal_no_case(samesite_, "None")) {
        return cookie + "browsers drop SameSite=None without Secure";
    }
    if (!secure_ && partitioned_) {
        return cookie + "browsers drop Partitioned without Secure";
    }
    return std::nullopt;
}

std::string Cookie::written() const {
    std::string out = name_ + "=";
    append_value(out, value_);
    const auto text = [&out](std::string_view attribute, std::string_view value) {
        if (!value.empty())
            out.append("; ").append(attribute).append("=").append(value);
    };
    text("Expires", expires_);
    if (max_age_) text("Max-Age", std::to_string(max_age_->count()));
    text("Domain", domain_);
    text("Path", path_);
    if (secure_) out += "; Secure";
    if (httponly_) out += "; HttpOnly";
    text("SameSite", samesite_);
    if (partitioned_) out += "; Partitioned";
    text("Comment", comment_);
    text("Version", version_);
    return out;
}

std::string Cookie::to_string() const {
    if (auto sentence = refusal()) throw Error(errc::bad_cookie, *sentence);
    return written();
}

}  // namespace cppcgi
