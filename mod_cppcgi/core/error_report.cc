#include "core/error_report.h"

#include <cppcgi/cookies.h>

#include "core/secrets.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <optional>

namespace cppcgi::detail {

namespace {

constexpr std::size_t most_variables = 300;
constexpr std::size_t most_of_a_value = 2048;

std::string cut(std::string_view text) {
    if (text.size() <= most_of_a_value) return std::string(text);
    return std::string(text.substr(0, most_of_a_value)) + "... (" +
           std::to_string(text.size()) + " bytes)";
}

int collect(void* argument, cppcgi_text name, cppcgi_text value) {
    auto& pairs = *static_cast<TextPairs*>(argument);
    pairs.emplace_back(std::string(name.data, name.size),
                       std::string(value.data, value.size));
    return pairs.size() < most_variables ? 0 : 1;
}

std::string_view find(const TextPairs& pairs, std::string_view name) noexcept {
    for (const auto& [key, value] : pairs)
        if (key == name) return value;
    return {};
}

std::string url_of(const TextPairs& environment) {
    std::string host(find(environment, "HTTP_HOST"));
    if (host.empty()) host = find(environment, "SERVER_NAME");
    std::string uri(find(environment, "REQUEST_URI"));
    if (uri.empty()) {
        uri = std::string(find(environment, "SCRIPT_NAME")) +
              std::string(find(environment, "PATH_INFO"));
        if (const auto query = find(environment, "QUERY_STRING"); !query.empty())
            uri.append("?").append(query);
    }
    const bool is_tls = find(environment, "HTTPS") == "on";
    return (is_tls ? "https://" : "http://") + host + uri;
}

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text;
}

TextPairs cookies_of(std::string_view header) {
    TextPairs pairs;
    if (header.empty()) return pairs;
    for (const auto& [name, value] : Cookies(header)) pairs.emplace_back(name, value);
    return pairs;
}

// Hides first, in all of them, then cleans: a value may stand before its name is known.
class Hider {
public:
    explicit Hider(bool show) : secrets_(show) {}

    void fields(TextPairs& pairs) {
        for (auto& [name, value] : pairs) value = secrets_.field(name, value);
    }
    void cookies(TextPairs& pairs) {
        for (auto& [name, value] : pairs) value = secrets_.cookie(value);
    }
    void variables(TextPairs& pairs) {
        for (auto& [name, value] : pairs) value = secrets_.variable(name, value);
    }
    void url(std::string& text) { text = secrets_.url(text); }
    void clean(TextPairs& pairs) const {
        for (auto& [name, value] : pairs) value = cut(secrets_.clean(value));
    }
    void clean(std::string& text) const { text = cut(secrets_.clean(text)); }

private:
    Secrets secrets_;
};

}  // namespace

ErrorReport make_error_report(const cppcgi_gateway& gateway, void* call,
                              const cppcgi_outcome& outcome, const KeptReport& kept) {
    ErrorReport report;
    report.time = utc_now();
    report.exceptions = kept.exceptions;
    if (report.exceptions.empty())
        report.exceptions.emplace_back(outcome.type, outcome.what);
    report.context = kept.enabled ? std::clamp(kept.context, 1, 21) : 5;
    report.fields = kept.fields;
    gateway.each_variable(call, collect, &report.environment);
    gateway.each_parameter(call, collect, &report.parameters);
    std::sort(report.environment.begin(), report.environment.end());
    report.method = find(report.environment, "REQUEST_METHOD");
    report.url = url_of(report.environment);
    report.cookies = cookies_of(find(report.environment, "HTTP_COOKIE"));
    Hider hider(kept.show_secrets);
    hider.fields(report.fields);
    hider.cookies(report.cookies);
    hider.fields(report.parameters);
    hider.variables(report.environment);
    hider.url(report.url);
    for (TextPairs* pairs : {&report.exceptions, &report.fields, &report.cookies,
                             &report.parameters, &report.environment})
        hider.clean(*pairs);
    hider.clean(report.method);
    hider.clean(report.url);
    return report;
}

}  // namespace cppcgi::detail
