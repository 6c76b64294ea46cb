#include <cppcgi/environ.h>

#include "core/call.h"

namespace cppcgi {

namespace {

using Variables = std::vector<Environ::value_type>;

int collect(void* argument, cppcgi_text name, cppcgi_text value) {
    static_cast<Variables*>(argument)->emplace_back(detail::from_c(name),
                                                    detail::from_c(value));
    return 0;
}

const Variables& all_variables(detail::Call& call) {
    auto& variables = call.lazy().variables;
    if (!variables) {
        variables.emplace().reserve(48);
        call.gateway->each_variable(call.host, collect, &*variables);
    }
    return *variables;
}

}  // namespace

std::optional<std::string_view> Environ::get(std::string_view name) const {
    cppcgi_text value;
    if (!call_->gateway->variable(call_->host, detail::to_c(name), &value)) return {};
    return detail::from_c(value);
}

std::string_view Environ::operator[](std::string_view name) const {
    return get(name).value_or(std::string_view{""});
}

bool Environ::contains(std::string_view name) const { return get(name).has_value(); }

Environ::iterator Environ::begin() const { return all_variables(*call_).data(); }

Environ::iterator Environ::end() const { return begin() + size(); }

std::size_t Environ::size() const { return all_variables(*call_).size(); }

}  // namespace cppcgi
