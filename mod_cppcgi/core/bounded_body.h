// A request body within its bounds: no byte beyond them is handed on, whatever the
// client said about its length. Used by one thread.
#ifndef CPPCGI_CORE_BOUNDED_BODY_H
#define CPPCGI_CORE_BOUNDED_BODY_H

#include <cppcgi/form_input.h>
#include <cppcgi/form_options.h>
#include <cppcgi/limits.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace cppcgi::detail {

class BoundedBody {
public:
    BoundedBody(const FormInput& input, const Limits& limits,
                const FormOptions& options);

    // The next slice, empty at the end. What lies within a bound comes before its fault.
    Result<std::string_view> next();

    // As announced, when it is within the bounds.
    std::optional<std::uint64_t> length() const noexcept { return length_; }

private:
    BodySource* source_;
    std::optional<std::uint64_t> length_;
    std::uint64_t most_;  // bytes that may come
    Fault too_large_;
    std::optional<std::uint64_t> limit_;
    std::uint64_t read_ = 0;
    Fault fault_;
};

}  // namespace cppcgi::detail

#endif
