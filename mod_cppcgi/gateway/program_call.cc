#include "gateway/program_call.h"

#include <cppcgi/escape.h>

#include "core/head.h"
#include "gateway/failure.h"
#include "gateway/program_report.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <unistd.h>

namespace cppcgi::program {

namespace {

ProgramCall& call_of(void* call) noexcept { return *static_cast<ProgramCall*>(call); }

std::string_view view(const cppcgi_text& text) noexcept {
    return {text.data, text.size};
}

int give(const std::optional<std::string_view>& found, cppcgi_text* value) noexcept {
    if (found) *value = {found->data(), found->size()};
    return found ? 1 : 0;
}

// No exception crosses the table. Only memory can be short here.
template <class Result, class Function>
Result guarded(Result on_failure, Function&& function) noexcept {
    try {
        return function();
    } catch (...) {
        return on_failure;
    }
}

int variable(void* call, cppcgi_text name, cppcgi_text* value) noexcept {
    return give(call_of(call).environment().variable(view(name)), value);
}

int each_variable(void* call, cppcgi_visit visit, void* argument) noexcept {
    return call_of(call).environment().each_variable(visit, argument);
}

int header(void* call, cppcgi_text name, cppcgi_text* value) noexcept {
    return guarded(
        0, [&] { return give(call_of(call).environment().header(view(name)), value); });
}

int each_header(void* call, cppcgi_visit visit, void* argument) noexcept {
    return guarded(
        0, [&] { return call_of(call).environment().each_header(visit, argument); });
}

int parameter(void* call, cppcgi_text name, cppcgi_text* value) noexcept {
    return give(call_of(call).environment().parameter(view(name)), value);
}

int each_parameter(void* call, cppcgi_visit visit, void* argument) noexcept {
    return call_of(call).environment().each_parameter(visit, argument);
}

int each_argument(void* call, cppcgi_visit visit, void* argument) noexcept {
    for (const std::string& word : call_of(call).arguments()) {
        if (const int stop = visit(argument, {"", 0}, {word.data(), word.size()}))
            return stop;
    }
    return 0;
}

void limits(void* pointer, cppcgi_limits* limits) noexcept {
    ProgramCall& call = call_of(pointer);
    cppcgi_limits own{};
    const std::string_view refused = call.environment().read_limits(own);
    own.size = std::min<std::uint32_t>(limits->size, sizeof own);
    std::memcpy(limits, &own, own.size);
    if (!refused.empty()) guarded(0, [&] { return log_bad_limit(call, refused), 0; });
}

int read(void* call, cppcgi_text* slice) noexcept {
    return guarded(-500, [&] { return call_of(call).read(*slice); });
}

int head(void* pointer, const cppcgi_head* head) noexcept {
    return guarded(500, [&] {
        ProgramCall& call = call_of(pointer);
        const detail::HeadCheck check = detail::check_head(*head);
        if (check) return call.take_head(*head), 0;
        log_bad_head(call, detail::describe(check, *head));
        return 500;
    });
}

int write(void* call, cppcgi_text data, unsigned flags) noexcept {
    return guarded(-1, [&] { return call_of(call).write(view(data), flags) ? 0 : -1; });
}

int send_file(void* call, int descriptor, std::uint64_t offset, std::uint64_t length,
              unsigned flags) noexcept {
    return guarded(-1, [&] {
        return call_of(call).send_file(descriptor, offset, length, flags) ? 0 : -1;
    });
}

int aborted(void* call) noexcept { return call_of(call).aborted() ? 1 : 0; }

void log(void* call, const cppcgi_log_record* record) noexcept {
    guarded(0, [&] { return log_message(call_of(call), *record), 0; });
}

// A program has no configuration to look into.
int describe_file(void*, cppcgi_file*) noexcept { return 0; }

void error_header(void* call, cppcgi_text name, cppcgi_text value) noexcept {
    guarded(0, [&] {
        const cppcgi_pair field = {name, value};
        const cppcgi_head head = {sizeof head, 200, {}, &field, 1};
        if (detail::check_head(head))
            call_of(call).add_error_field(view(name), view(value));
        return 0;
    });
}

int redirect(void* call, cppcgi_text location) noexcept {
    return guarded(-1, [&] {
        const bool is_local = view(location).starts_with('/');
        if (is_local) call_of(call).redirect(view(location));
        return is_local ? 0 : -1;
    });
}

void report(void* call, const cppcgi_report* report) noexcept {
    guarded(0, [&] { return call_of(call).keep(*report), 0; });
}

}  // namespace

constexpr cppcgi_gateway program_gateway = {sizeof(cppcgi_gateway),
                                            CPPCGI_ABI,
                                            variable,
                                            each_variable,
                                            header,
                                            each_header,
                                            parameter,
                                            each_parameter,
                                            each_argument,
                                            limits,
                                            read,
                                            head,
                                            write,
                                            send_file,
                                            aborted,
                                            log,
                                            describe_file,
                                            error_header,
                                            redirect,
                                            report};

ProgramCall::ProgramCall(std::string_view name, const char* const* environment)
    : name_(name),
      environment_(environment),
      response_(environment_.variable("REQUEST_METHOD") == "HEAD") {}

ProgramCall::~ProgramCall() = default;

bool ProgramCall::write(std::string_view data, unsigned flags) {
    const std::string head = response_.head_before(data.size(), flags);
    return send(head, data.substr(0, response_.admit(data.size())), flags);
}

bool ProgramCall::send_file(int descriptor, std::uint64_t offset, std::uint64_t length,
                            unsigned flags) {
    if (const std::string head = response_.head_before(length, flags); !head.empty()) {
        if (!send(head, {}, 0)) return false;
    }
    const std::uint64_t admitted = response_.admit(length);
    if (admitted != 0 && !send_from(descriptor, offset, admitted)) return false;
    return flags == 0 || send({}, {}, flags);
}

bool ProgramCall::send_from(int descriptor, std::uint64_t offset,
                            std::uint64_t length) {
    constexpr std::size_t block_size = 64 * 1024;
    const auto block = std::make_unique_for_overwrite<char[]>(block_size);
    while (length != 0) {
        const std::size_t wanted = std::min<std::uint64_t>(length, block_size);
        const ssize_t got =
            ::pread(descriptor, block.get(), wanted, static_cast<off_t>(offset));
        // A file that shrank or cannot be read: nothing that could still be sent would
        // be what the head has announced.
        if (got <= 0) return false;
        const auto size = static_cast<std::size_t>(got);
        if (!send({}, {block.get(), size}, 0)) return false;
        offset += size;
        length -= size;
    }
    return true;
}

bool ProgramCall::run(cppcgi_entry entry) {
    cppcgi_outcome outcome;  // its texts are not cleared: the library ends them
    outcome.size = sizeof outcome;
    outcome.frame_count = 0;  // of a libcppcgi that knows of none
    entry(&program_gateway, this, &outcome);
    return conclude(outcome);
}

bool ProgramCall::conclude(const cppcgi_outcome& outcome) {
    if (outcome.cause == CPPCGI_CAUSE_NONE) {
        // RFC 3875 section 6.2.2: a local redirect is this field and nothing else.
        if (!redirect_.empty())
            return send("Location: " + redirect_ + "\r\n\r\n", {}, CPPCGI_WRITE_END);
        if (response_.missing() != 0) log_wrong_length(*this, response_.missing());
        return response_.missing() <= 0;
    }
    failed_ = true;
    if (outcome.cause == CPPCGI_CAUSE_ABORTED) {
        log_outcome(*this, outcome, {});
        return true;
    }
    const std::string page = report_outcome(*this, outcome, exception_);
    if (outcome.head_sent) return false;
    if (page.empty())
        send_error_page(*this, outcome.status);
    else
        send_report(*this, page);
    return true;
}

std::vector<std::string> query_arguments(std::string_view query) {
    std::vector<std::string> words;
    if (query.find('=') != std::string_view::npos) return words;
    while (!query.empty()) {
        const std::size_t plus = std::min(query.find('+'), query.size());
        if (plus != 0) words.push_back(unquote(query.substr(0, plus)));
        query.remove_prefix(std::min(plus + 1, query.size()));
    }
    return words;
}

}  // namespace cppcgi::program
