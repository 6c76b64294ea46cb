#include <cppcgi/handler.h>

#include "core/call.h"
#include "core/throw_trace.h"
#include "core/thrown.h"

#include <algorithm>
#include <cstring>
#include <exception>

namespace cppcgi::detail {

namespace {

template <std::size_t Size>
void copy_text(char (&target)[Size], std::string_view text) noexcept {
    const std::size_t length = std::min(text.size(), Size - 1);
    std::memcpy(target, text.data(), length);
    target[length] = '\0';
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
    if (CPPCGI_HAS(&outcome, frames)) outcome.frame_count = 0;
}

// Within a catch: an exception that is no cppcgi::Error.
void describe_current(cppcgi_outcome& outcome, int cause) noexcept {
    outcome.cause = cause;
    const Thrown thrown = current_thrown();
    copy_text(outcome.type, thrown.type);
    copy_text(outcome.what, thrown.what);
}

// Runs code of a library; whatever it throws ends up in the outcome. `report` is called
// while the exception is being handled.
template <class Code, class Report>
void run_guarded(Code&& code, Report&& report, cppcgi_outcome& outcome,
                 const Call* call = nullptr) noexcept {
    clear(outcome);
    try {
        code();
    } catch (const ThrowMark&) {  // never: see there
    } catch (const HeadRefused&) {
        outcome.cause = CPPCGI_CAUSE_HEAD;
    } catch (const Error& error) {
        describe(outcome, error);
        if (call) give_headers(*call, error);
        copy_text(outcome.type, current_thrown().type);
        if (outcome.status == 500) report();
    } catch (const std::exception&) {
        describe_current(outcome, CPPCGI_CAUSE_EXCEPTION);
        report();
    } catch (...) {
        describe_current(outcome, CPPCGI_CAUSE_UNKNOWN);
        report();
    }
}

}  // namespace

void invoke(HandlerFunction handler, const cppcgi_gateway* gateway, void* host_call,
            cppcgi_outcome* outcome) noexcept {
    Call call(gateway, host_call);
    ThrowScope scope(*outcome, __builtin_frame_address(0));
    const auto run_handler = [&] {
        Request request(call);
        Response response(call);
        try {
            handler(request, response);
        } catch (const Answered&) {
        }
        call.output.finish();
    };
    const auto report = [&]() noexcept { report_thrown(call, scope.options.get()); };
    run_guarded(run_handler, report, *outcome, &call);
    outcome->head_sent = call.output.head_sent() ? 1 : 0;
    // A host from before this member has none.
    if (CPPCGI_HAS(outcome, spool_files))
        outcome->spool_files =
            call.form() ? static_cast<std::uint32_t>(call.form()->spool_files()) : 0;
    if (outcome->cause == CPPCGI_CAUSE_NONE && call.output.client_gone())
        outcome->cause = CPPCGI_CAUSE_ABORTED;
}

void invoke_hook(void (*hook)(), cppcgi_outcome* outcome) noexcept {
    ThrowScope scope(*outcome, __builtin_frame_address(0));
    run_guarded(
        hook, [] {}, *outcome);
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
