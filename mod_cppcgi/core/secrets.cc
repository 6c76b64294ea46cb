#include "core/secrets.h"

#include <cppcgi/escape.h>

#include "core/characters.h"

#include <algorithm>

namespace cppcgi::detail {

namespace {

// In any place of a name: "userPassword", "csrfmiddlewaretoken", "PHPSESSID", "creditcard".
constexpr std::string_view telling_parts[] = {
    "pass", "pwd",  "secret",    "token",  "key",    "auth",
    "sess", "cred", "card",      "cvv",    "cvc",    "csrf",
    "xsrf", "jwt",  "signature", "bearer", "cookie", "private"};
// As a word of its own only: "pin" is not "shipping".
constexpr std::string_view telling_words[] = {"pin", "sid", "sig",  "pw",
                                              "otp", "ssn", "iban", "code_verifier"};
// Named so, and no secret.
constexpr std::string_view harmless[] = {"AUTH_TYPE", "PWD", "OLDPWD", "author",
                                         "authors"};

// Shorter ones occur everywhere by chance.
constexpr std::size_t least_to_clean = 4;
constexpr std::size_t most_values = 500;

bool is_word_at(std::string_view name, std::size_t at, std::size_t size) noexcept {
    const bool begins = at == 0 || !is_alphanumeric(name[at - 1]);
    const bool ends = at + size == name.size() || !is_alphanumeric(name[at + size]);
    return begins && ends;
}

bool has_word(std::string_view name, std::string_view word) noexcept {
    for (std::size_t at = name.find(word); at != name.npos;
         at = name.find(word, at + 1))
        if (is_word_at(name, at, word.size())) return true;
    return false;
}

std::string_view take_until(std::string_view& rest, std::string_view separators) {
    const std::size_t end = std::min(rest.find_first_of(separators), rest.size());
    const std::string_view piece = rest.substr(0, end);
    rest.remove_prefix(end);
    return piece;
}

}  // namespace

bool is_secret_name(std::string_view original) noexcept {
    if (original.size() > 200) return true;  // nobody reads it; a long name hides much
    if (std::find(std::begin(harmless), std::end(harmless), original) !=
        std::end(harmless))
        return false;
    char text[200];
    const std::string_view name(
        text,
        static_cast<std::size_t>(
            std::transform(original.begin(), original.end(), text, to_lower) - text));
    const auto is_in_it = [&](std::string_view part) {
        return name.find(part) != name.npos;
    };
    return std::any_of(std::begin(telling_parts), std::end(telling_parts), is_in_it) ||
           std::any_of(std::begin(telling_words), std::end(telling_words),
                       [&](std::string_view word) { return has_word(name, word); });
}

std::string Secrets::hide(std::string_view value) {
    if (show_) return std::string(value);
    if (value.size() >= least_to_clean && values_.size() < most_values) {
        values_.emplace_back(value);
        // As it stands elsewhere in the request.
        if (std::string decoded = unquote_plus(value); decoded != value)
            values_.push_back(std::move(decoded));
    }
    return std::string(value.empty() ? value : hidden_text);
}

std::string Secrets::field(std::string_view name, std::string_view value) {
    return is_secret_name(name) ? hide(value) : std::string(value);
}

std::string Secrets::cookie(std::string_view value) { return hide(value); }

std::string Secrets::query(std::string_view query) {
    std::string out;
    while (!query.empty()) {
        const std::string_view item = take_until(query, "&;#");
        const std::size_t equals = std::min(item.find('='), item.size());
        out += item.substr(0, equals);
        if (equals != item.size()) {
            out += '=';
            out += field(unquote_plus(item.substr(0, equals)), item.substr(equals + 1));
        }
        if (query.empty()) break;
        out += query.front();
        query.remove_prefix(1);
    }
    return out;
}

std::string Secrets::url(std::string_view url) {
    std::string out;
    // user:password@ of a URL.
    if (const std::size_t scheme = url.find("://"); scheme != url.npos) {
        const std::string_view authority =
            url.substr(scheme + 3, url.find_first_of("/?#", scheme + 3) - scheme - 3);
        if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
            out += url.substr(0, scheme + 3);
            out += hide(authority.substr(0, at));
            url.remove_prefix(scheme + 3 + at);
        }
    }
    const std::size_t question = url.find('?');
    if (question == url.npos) return out.append(url);
    return out.append(url.substr(0, question + 1))
        .append(query(url.substr(question + 1)));
}

std::string Secrets::cookies(std::string_view header) {
    std::string out;
    while (!header.empty()) {
        const std::string_view pair = take_until(header, ";");
        const std::size_t equals = pair.find('=');
        // Without a name it is all value.
        if (equals == pair.npos)
            out += hide(trim(pair));
        else
            out.append(pair.substr(0, equals + 1))
                .append(hide(pair.substr(equals + 1)));
        if (header.empty()) break;
        out += ';';
        header.remove_prefix(1);
    }
    return out;
}

// "Basic QWxhZGRpbjo...": the scheme may be shown.
std::string Secrets::credentials(std::string_view header) {
    const std::size_t blank = header.find(' ');
    if (blank == header.npos) return hide(header);
    return std::string(header.substr(0, blank + 1))
        .append(hide(header.substr(blank + 1)));
}

std::string Secrets::variable(std::string_view name, std::string_view value) {
    if (name.ends_with("AUTHORIZATION")) return credentials(value);
    if (name.ends_with("HTTP_COOKIE") || name.ends_with("HTTP_COOKIE2"))
        return cookies(value);
    if (is_secret_name(name)) return hide(value);
    if (name.ends_with("QUERY_STRING")) return query(value);
    return url(value);
}

std::string Secrets::clean(std::string_view text) const {
    std::string out(text);
    for (const std::string& value : values_)
        for (std::size_t at = out.find(value); at != out.npos;
             at = out.find(value, at + hidden_text.size()))
            out.replace(at, value.size(), hidden_text);
    return out;
}

}  // namespace cppcgi::detail
