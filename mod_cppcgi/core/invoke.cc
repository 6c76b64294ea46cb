#include <cppcgi/handler.h>

#include "core/call.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <memory>
#include <typeinfo>

namespace cppcgi::detail {

namespace {

template <std::size_t Size>
void copy_text(char (&target)[Size], std::string_view text) noexcept {
    const std::size_t length = std::min(text.size(), Size - 1);
    std::memcpy(target, text.data(), length);
    target[length] = '\0';
}

void name_type(cppcgi_outcome& outcome, const std::type_info* type) noexcept {
    if (!type) return copy_text(outcome.type, "an exception of another language");
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> name(
        abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), std::free);
    copy_text(outcome.type, name ? name.get() : type->name());
}

void describe(cppcgi_outcome& outcome, const Error& error) noexcept {
    outcome.status = error.status();
    outcome.cause = CPPCGI_CAUSE_ERROR;
    copy_text(outcome.what, error.what());
    if (error.limit().empty()) return;
    outcome.cause = CPPCGI_CAUSE_LIMIT;
    outcome.limit_value = error.limit_value();
    copy_text(outcome.limit, error.limit());
}

void give_headers(const Call& call, const Error& error) {
    if (!CPPCGI_HAS(call.gateway, error_header)) return;
    for (const auto& [name, value] : error.headers())
        call.gateway->error_header(call.host, to_c(name), to_c(value));
}

void clear(cppcgi_outcome& outcome) noexcept {
    outcome.cause = CPPCGI_CAUSE_NONE;
    outcome.status = 500;
    outcome.head_sent = 0;
    outcome.limit[0] = outcome.type[0] = outcome.what[0] = '\0';
    outcome.limit_value = 0;
}

// Runs code of a library; whatever it throws ends up in the outcome.
template <class Code>
void run_guarded(Code&& code, cppcgi_outcome& outcome,
                 const Call* call = nullptr) noexcept {
    clear(outcome);
    try {
        code();
    } catch (const HeadRefused&) {
        outcome.cause = CPPCGI_CAUSE_HEAD;
    } catch (const Error& error) {
        describe(outcome, error);
        if (call) give_headers(*call, error);
        name_type(outcome, abi::__cxa_current_exception_type());
    } catch (const std::exception& error) {
        outcome.cause = CPPCGI_CAUSE_EXCEPTION;
        copy_text(outcome.what, error.what());
        name_type(outcome, abi::__cxa_current_exception_type());
    } catch (...) {
        outcome.cause = CPPCGI_CAUSE_UNKNOWN;
        // Null once the catch clause is left, so it is asked for here.
        name_type(outcome, abi::__cxa_current_exception_type());
    }
}

}  // namespace

void invoke(HandlerFunction handler, const cppcgi_gateway* gateway, void* host_call,
            cppcgi_outcome* outcome) noexcept {
    Call call(gateway, host_call);
    const auto run_handler = [&] {
        Request request(call);
        Response response(call);
        try {
            handler(request, response);
        } catch (const Answered&) {
        }
        call.output.finish();
    };
    run_guarded(run_handler, *outcome, &call);
    outcome->head_sent = call.output.head_sent() ? 1 : 0;
    // A host from before this member has none.
    if (outcome->size >= sizeof(cppcgi_outcome))
        outcome->spool_files =
            call.form() ? static_cast<std::uint32_t>(call.form()->spool_files()) : 0;
    if (outcome->cause == CPPCGI_CAUSE_NONE && call.output.client_gone())
        outcome->cause = CPPCGI_CAUSE_ABORTED;
}

void invoke_hook(void (*hook)(), cppcgi_outcome* outcome) noexcept {
    run_guarded(hook, *outcome);
}

Result<std::string_view> GatewayBody::next() {
    cppcgi_text slice{};
    const int got = gateway_->read(call_, &slice);
    if (got == CPPCGI_READ_DATA) return from_c(slice);
    if (got == CPPCGI_READ_END) return std::string_view{};
    switch (-got) {
        case 413:
            return errc::body_too_large;
        case 408:
            return errc::body_timed_out;
        case 500:
            return errc::body_failed;
        case 499:
            return errc::body_aborted;
        default:
            return errc::body_malformed;
    }
}

}  // namespace cppcgi::detail
