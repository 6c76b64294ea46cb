#include "core/failure_message.h"

#include <string_view>

namespace cppcgi::detail {

namespace {

enum class Raise { directive, option, room };

struct LimitRow {
    std::string_view limit;
    const char* number;
    Raise raise;
};

constexpr LimitRow limits[] = {
    {"CppCGIMaxBody", "CPPCGI0202", Raise::directive},
    {"CppCGIMaxField", "CPPCGI0230", Raise::directive},
    {"CppCGIMaxFile", "CPPCGI0231", Raise::directive},
    {"CppCGIMaxMemory", "CPPCGI0232", Raise::directive},
    {"CppCGIMaxFields", "CPPCGI0233", Raise::directive},
    {"CppCGIMaxPartHeader", "CPPCGI0234", Raise::directive},
    {"CppCGIMaxNesting", "CPPCGI0235", Raise::directive},
    {"max_num_fields", "CPPCGI0236", Raise::option},
    {"maxlen", "CPPCGI0237", Raise::option},
    {"LimitRequestBody", "CPPCGI0238", Raise::directive},
    {"CppCGISpoolDir", "CPPCGI0239", Raise::room},
    // Of a libcppcgi that is newer than its host.
    {"", "CPPCGI0240", Raise::directive},
};

const LimitRow& row_of(std::string_view limit) noexcept {
    for (const LimitRow& row : limits)
        if (row.limit == limit) return row;
    return limits[std::size(limits) - 1];
}

// The failure's own words have the limit and its value.
FailureMessage limit_message(std::string_view limit) noexcept {
    const LimitRow& row = row_of(limit);
    switch (row.raise) {
        case Raise::option:
            return {row.number,
                    "the handler says so itself, raise it there where such "
                    "requests are wanted"};
        case Raise::room:
            return {row.number,
                    "give that directory room, and to the user that the "
                    "server's children run as"};
        default:
            return {row.number, "raise it where such requests are wanted"};
    }
}

}  // namespace

FailureMessage failure_message(const cppcgi_outcome& outcome) noexcept {
    const std::string_view type = outcome.type;
    if (outcome.cause == CPPCGI_CAUSE_LIMIT) return limit_message(outcome.limit);
    if (outcome.cause == CPPCGI_CAUSE_UNKNOWN)
        return {"CPPCGI0204",
                "throw cppcgi::Error or a standard exception to say more"};
    if (type == "std::bad_alloc" || type == "std::bad_array_new_length")
        return {"CPPCGI0209",
                "look at the size that is asked for there, and at the bounds on memory "
                "(RLimitMEM, the service's)"};
    return {"CPPCGI0203",
            "catch it in the handler, or throw cppcgi::Error to choose the status"};
}

}  // namespace cppcgi::detail
