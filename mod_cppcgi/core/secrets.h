// What an error report must not show: passwords, cookies, keys. Known by the names of
// fields, parameters, variables and query items; their values are then hidden wherever
// else they occur in the request or in an exception's text.
#ifndef CPPCGI_CORE_SECRETS_H
#define CPPCGI_CORE_SECRETS_H

#include <string>
#include <string_view>
#include <vector>

namespace cppcgi::detail {

inline constexpr std::string_view hidden_text = "[hidden]";

// "password", "api_key", "X-Auth-Token", "PHPSESSID".
bool is_secret_name(std::string_view name) noexcept;

class Secrets {
public:
    explicit Secrets(bool show) noexcept : show_(show) {}

    // The value of a field, a parameter or a variable as it may be shown. Values of
    // variables that hold a query, a URL, cookies or credentials are hidden in part.
    std::string field(std::string_view name, std::string_view value);
    std::string variable(std::string_view name, std::string_view value);
    // Of a cookie, whatever its name.
    std::string cookie(std::string_view value);
    std::string url(std::string_view url);

    // The text without the values hidden so far: call it when all are known.
    std::string clean(std::string_view text) const;

private:
    std::string hide(std::string_view value);
    std::string query(std::string_view query);
    std::string cookies(std::string_view header);
    std::string credentials(std::string_view header);

    const bool show_;
    std::vector<std::string> values_;
};

}  // namespace cppcgi::detail

#endif
