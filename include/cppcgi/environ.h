// The CGI/1.1 environment of a request: meta-variables of RFC 3875 section 4.1, HTTP_...
// for request headers, and what the server's configuration adds. A view of the request:
// it and all text it returns live as long as the request. One thread at a time.
#ifndef CPPCGI_ENVIRON_H
#define CPPCGI_ENVIRON_H

#include <cppcgi/api.h>

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace cppcgi {

namespace detail {
struct Call;
}

class CPPCGI_API Environ {
public:
    using value_type = std::pair<std::string_view, std::string_view>;
    using iterator = const value_type*;
    using const_iterator = iterator;

    explicit Environ(detail::Call& call) noexcept : call_(&call) {}

    // The value of a variable, "" when it is unset. Only what is asked for is computed:
    // PATH_TRANSLATED maps a path, REMOTE_HOST may ask the name service.
    std::string_view operator[](std::string_view name) const;

    // The same, and tells unset from empty.
    std::optional<std::string_view> get(std::string_view name) const;
    bool contains(std::string_view name) const;

    // All variables, in no particular order; the first of these calls computes them.
    iterator begin() const;
    iterator end() const;
    std::size_t size() const;

private:
    detail::Call* call_;
};

}  // namespace cppcgi

#endif
