// A cookie to set, built attribute by attribute and written by Response::cookie(). Owns
// its text; one thread at a time.
//
//   res.cookie(cgi::Cookie("id", "7").path("/").max_age(1h).secure().httponly());
#ifndef CPPCGI_COOKIE_H
#define CPPCGI_COOKIE_H

#include <cppcgi/api.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cppcgi {

class CPPCGI_API Cookie {
public:
    using Time = std::chrono::system_clock::time_point;

    // What browsers keep of name, value and attributes; more is written, but they drop it.
    static constexpr std::size_t max_size = 4096;

    // The value may be any bytes: what a header cannot hold is quoted and escaped as
    // Python's http.cookies does it, and Cookies reads it back.
    Cookie(std::string_view name, std::string_view value)
        : name_(name), value_(value) {}

    // An empty text, or false, takes an attribute away again. Order does not matter.
    Cookie& path(std::string_view path) { return set(path_, path); }
    Cookie& domain(std::string_view domain) { return set(domain_, domain); }
    Cookie& expires(Time when);  // written in GMT
    Cookie& expires(std::string_view date) { return set(expires_, date); }
    Cookie& max_age(std::chrono::seconds age) {  // 0 ends the cookie
        max_age_ = age;
        return *this;
    }
    Cookie& secure(bool on = true) { return set(secure_, on); }
    Cookie& httponly(bool on = true) { return set(httponly_, on); }
    Cookie& partitioned(bool on = true) { return set(partitioned_, on); }
    // "Strict", "Lax" or "None", in any case. Browsers want secure() beside None.
    Cookie& samesite(std::string_view policy) { return set(samesite_, policy); }
    // RFC 2109's, which browsers ignore; kept for code that comes from http.cookies.
    Cookie& comment(std::string_view text) { return set(comment_, text); }
    Cookie& version(std::string_view number) { return set(version_, number); }

    // The cookie that makes a browser forget one of that name, path and domain.
    static Cookie removal(std::string_view name);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const std::string& value() const noexcept { return value_; }

    // A sentence that says why this cookie cannot be sent, or nothing when it can: its
    // name is no token, an attribute holds ; or a control character, SameSite is
    // unknown, or a __Host- or __Secure- name breaks the rules of its prefix.
    [[nodiscard]] std::optional<std::string> refusal() const;

    // A sentence that warns of what browsers are known to drop, or nothing: more than
    // max_size bytes, SameSite=None or Partitioned without Secure.
    [[nodiscard]] std::optional<std::string> warning() const;

    // The value of a Set-Cookie header. Throws Error (errc::bad_cookie) with the sentence
    // of refusal().
    [[nodiscard]] std::string to_string() const;

private:
    Cookie& set(std::string& attribute, std::string_view text) {
        attribute = text;
        return *this;
    }
    Cookie& set(bool& flag, bool on) {
        flag = on;
        return *this;
    }
    std::string written() const;

    std::string name_;
    std::string value_;
    std::string path_;
    std::string domain_;
    std::string expires_;
    std::string samesite_;
    std::string comment_;
    std::string version_;
    std::optional<std::chrono::seconds> max_age_;
    bool secure_ = false;
    bool httponly_ = false;
    bool partitioned_ = false;
};

}  // namespace cppcgi

#endif
