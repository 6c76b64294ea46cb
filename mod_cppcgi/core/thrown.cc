#include "core/thrown.h"

#include "core/call.h"

#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <deque>
#include <exception>
#include <memory>
#include <typeinfo>
#include <vector>

namespace cppcgi::detail {

namespace {

// A report is read by a person: what is longer than these says nothing more.
constexpr std::size_t most_nested = 16;
constexpr std::size_t most_fields = 200;
constexpr std::size_t most_of_a_text = 4096;
constexpr std::size_t most_of_a_field = 1024;

std::string cut(std::string_view text) {
    return std::string(text.substr(0, most_of_a_text));
}

// Null once the catch clause is left, so this is asked within it.
std::string current_type() {
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (!type) return "an exception of another language";
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> name(
        abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), std::free);
    return cut(name ? name.get() : type->name());
}

// What is thrown instead of an exception is mostly a text or a number.
std::string current_what() {
    try {
        throw;
    } catch (const std::exception& error) {
        return cut(error.what());
    } catch (const char* text) {
        return text ? std::string(text, strnlen(text, most_of_a_text)) : "nullptr";
    } catch (const std::string& text) {
        return cut(text);
    } catch (const std::string_view& text) {
        return cut(text);
    } catch (int number) {
        return std::to_string(number);
    } catch (long number) {
        return std::to_string(number);
    } catch (...) {
        return {};
    }
}

Thrown describe_current() { return {current_type(), current_what()}; }

std::exception_ptr nested_in(const std::exception_ptr& exception) {
    try {
        std::rethrow_exception(exception);
    } catch (const std::nested_exception& outer) {
        return outer.nested_ptr();
    } catch (...) {
        return {};
    }
}

Thrown describe(const std::exception_ptr& exception) {
    try {
        std::rethrow_exception(exception);
    } catch (...) {
        return describe_current();
    }
}

std::vector<Thrown> current_chain() {
    std::vector<Thrown> chain = {describe_current()};
    std::exception_ptr next = std::current_exception();
    while (next && chain.size() <= most_nested) {
        next = nested_in(next);
        if (next) chain.push_back(describe(next));
    }
    return chain;
}

// Name and value as they are shown; text that had to be made is kept in `made`.
class FieldTexts {
public:
    void add(const FieldRange& fields) {
        for (const Field& field : fields) {
            if (pairs.size() >= most_fields) return;
            if (field.has_list())
                add(field.list());
            else
                add(field);
        }
    }
    std::vector<cppcgi_pair> pairs;

private:
    void add(const Field& field) {
        const std::string_view name = keep(field.name());
        pairs.push_back({to_c(name), to_c(value_of(field))});
    }
    std::string_view value_of(const Field& field) {
        const std::string size = std::to_string(field.size()) + " bytes";
        if (const auto filename = field.filename())
            return keep("file \"" + std::string(*filename) + "\", " + size);
        // A value that is on disk stays there.
        if (field.size() > most_of_a_text) return keep("... (" + size + ")");
        if (field.size() <= most_of_a_field) return keep(field.value());
        return made_.emplace_back(field.value().substr(0, most_of_a_field))
            .append("... (" + size + ")");
    }
    std::string_view keep(std::string_view text) {
        return made_.emplace_back(text.substr(0, most_of_a_field));
    }

    std::deque<std::string> made_;
};

void report(Call& call, const cgitb::Options* options) {
    const std::vector<Thrown> chain = current_chain();
    std::vector<cppcgi_pair> exceptions;
    for (const Thrown& one : chain)
        exceptions.push_back({to_c(one.type), to_c(one.what)});
    FieldTexts fields;
    // Never reads the body: what the handler did not ask for stays unread.
    if (const FieldStorage* form = call.form()) fields.add(form->fields());
    cppcgi_report record{};
    record.size = sizeof record;
    if (options) {
        record.enabled = 1;
        record.display = options->display ? 1 : 0;
        record.context = options->context;
        record.show_secrets = options->show_secrets ? 1 : 0;
        record.logdir = to_c(options->logdir);
    }
    record.exceptions = exceptions.data();
    record.exception_count = exceptions.size();
    record.fields = fields.pairs.data();
    record.field_count = fields.pairs.size();
    call.gateway->report(call.host, &record);
}

}  // namespace

Thrown current_thrown() noexcept {
    try {
        return describe_current();
    } catch (...) {
        return {};
    }
}

void report_thrown(Call& call, const cgitb::Options* options) noexcept {
    if (!CPPCGI_HAS(call.gateway, report) || !call.gateway->report) return;
    try {
        report(call, options);
    } catch (...) {
        // Memory is short: the outcome still says what was thrown.
    }
}

}  // namespace cppcgi::detail
