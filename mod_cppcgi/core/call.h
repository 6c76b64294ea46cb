// One call of a handler, seen from libcppcgi: the host's table and what Request, Response
// and Environ have asked of it so far. Lives on the stack of detail::invoke().
#ifndef CPPCGI_CORE_CALL_H
#define CPPCGI_CORE_CALL_H

#include <cppcgi/abi.h>
#include <cppcgi/cookies.h>
#include <cppcgi/environ.h>
#include <cppcgi/error.h>
#include <cppcgi/field_storage.h>
#include <cppcgi/limits.h>

#include "core/output.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cppcgi::detail {

inline cppcgi_text to_c(std::string_view text) noexcept {
    return {text.data(), text.size()};
}

inline std::string_view from_c(const cppcgi_text& text) noexcept {
    return {text.data, text.size};
}

// The request body in the slices that the host hands out.
class GatewayBody final : public BodySource {
public:
    GatewayBody(const cppcgi_gateway* gateway, void* call) noexcept
        : gateway_(gateway), call_(call) {}

    Result<std::string_view> next() override;

private:
    const cppcgi_gateway* gateway_;
    void* call_;
};

// What most handlers never ask for; made at the first question.
struct LazyCall {
    std::optional<std::vector<Environ::value_type>> variables;
    std::optional<std::vector<std::string_view>> arguments;
    std::optional<Limits> limits;
    std::optional<Cookies> cookies;
    std::optional<FieldStorage> form;
    std::unique_ptr<std::streambuf> body_buffer;
    std::unique_ptr<std::istream> body;
};

struct Call {
    Call(const cppcgi_gateway* table, void* host_call) noexcept
        : gateway(table),
          host(host_call),
          body(table, host_call),
          output(table, host_call) {}

    LazyCall& lazy() {
        if (!lazy_) lazy_ = std::make_unique<LazyCall>();
        return *lazy_;
    }

    // The form, when the handler has asked for one.
    const FieldStorage* form() const noexcept {
        return lazy_ && lazy_->form ? &*lazy_->form : nullptr;
    }

    const cppcgi_gateway* gateway;
    void* host;
    GatewayBody body;
    Output output;

private:
    std::unique_ptr<LazyCall> lazy_;
};

}  // namespace cppcgi::detail

#endif
