// Cookies whose change by the client is detected: HMAC-SHA-256 over name and value, with
// keys from a file. The value stays readable; what must be secret does not belong into a
// cookie. Owns its keys; after construction any thread may use it.
//
//   static const cgi::CookieSigner signer("/etc/site/cookie-keys");
//   res.cookie(cgi::Cookie("user", signer.sign("user", "ann")).secure().httponly());
//   if (auto user = signer.verify("user", req.cookies()["user"])) ...
#ifndef CPPCGI_COOKIE_SIGNER_H
#define CPPCGI_COOKIE_SIGNER_H

#include <cppcgi/api.h>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cppcgi {

class CPPCGI_API CookieSigner {
public:
    // A key may not be shorter: `openssl rand -hex 32` writes a good one.
    static constexpr std::size_t min_key = 32;

    // Reads the keys: one a line, blanks around it cut off, empty lines and those that
    // begin with # left out. The first key signs; the others, older ones, only verify.
    // To rotate, put a new key in front, and take the oldest out when its cookies are
    // gone. Throws Error (500) when the file cannot be read, may be read by everybody,
    // holds no key or a key shorter than min_key.
    explicit CookieSigner(const std::string& key_file);

    // The same with keys from elsewhere; no constructor, which a path in braces would
    // reach as well.
    static CookieSigner with_keys(std::initializer_list<std::string_view> keys);

    CookieSigner(const CookieSigner&) = delete;
    CookieSigner& operator=(const CookieSigner&) = delete;
    ~CookieSigner();

    // The value to give to a cookie of that name: value, a dot, and 43 characters.
    [[nodiscard]] std::string sign(std::string_view name, std::string_view value) const;

    // The value that sign() was given, a view of `signed_value`; nothing when a bit of
    // it, or the name, is another. The time does not tell how much of it was right.
    [[nodiscard]] std::optional<std::string_view> verify(
        std::string_view name, std::string_view signed_value) const;

private:
    struct Keys {
        std::initializer_list<std::string_view> list;
    };
    explicit CookieSigner(const Keys& keys);
    void add_key(std::string_view key);
    void check_keys(const std::string& source) const;

    std::vector<std::string> keys_;
};

}  // namespace cppcgi

#endif
