#include "gateway/environment.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cppcgi::program {
namespace {

class EnvironmentOf {
public:
    EnvironmentOf(std::vector<const char*> entries) : entries_(std::move(entries)) {
        entries_.push_back(nullptr);
        environment_ = Environment(entries_.data());
    }
    Environment* operator->() { return &environment_; }

private:
    std::vector<const char*> entries_;
    Environment environment_{nullptr};
};

int collect(void* argument, cppcgi_text name, cppcgi_text value) {
    static_cast<std::map<std::string, std::string>*>(argument)->emplace(
        std::string(name.data, name.size), std::string(value.data, value.size));
    return 0;
}

using Pairs = std::map<std::string, std::string>;

TEST(Environment, TellsUnsetFromEmpty) {
    EnvironmentOf environment({"A=", "AB=2", "C=x=y"});
    EXPECT_EQ(environment->variable("A"), "");
    EXPECT_EQ(environment->variable("AB"), "2");
    EXPECT_EQ(environment->variable("C"), "x=y");
    EXPECT_EQ(environment->variable("B"), std::nullopt);
    EXPECT_EQ(environment->variable("C=x"), std::nullopt);
}

TEST(Environment, FirstOfANameCounts) {
    EXPECT_EQ(EnvironmentOf({"A=1", "A=2"})->variable("A"), "1");
}

TEST(Environment, HeadersAreFoundInAnyCase) {
    EnvironmentOf environment({"HTTP_USER_AGENT=x", "CONTENT_TYPE=text/plain"});
    EXPECT_EQ(environment->header("user-agent"), "x");
    EXPECT_EQ(environment->header("Content-Type"), "text/plain");
    EXPECT_EQ(environment->header("Accept"), std::nullopt);
}

TEST(Environment, NamesHeadersAsTheyAreWritten) {
    Pairs headers;
    EnvironmentOf({"HTTP_USER_AGENT=x", "CONTENT_LENGTH=3", "PATH=/bin"})
        ->each_header(collect, &headers);
    EXPECT_EQ(headers, (Pairs{{"User-Agent", "x"}, {"Content-Length", "3"}}));
}

TEST(Environment, ParametersAreFoundAsHttpdWritesNames) {
    EnvironmentOf environment({"CPPCGI_PARAM_DATA_DIR=/srv", "CPPCGI_MAX_BODY=1"});
    EXPECT_EQ(environment->parameter("data-dir"), "/srv");
    EXPECT_EQ(environment->parameter("DATA_DIR"), "/srv");
    EXPECT_EQ(environment->parameter("data"), std::nullopt);
    Pairs parameters;
    environment->each_parameter(collect, &parameters);
    EXPECT_EQ(parameters, (Pairs{{"DATA_DIR", "/srv"}}));
}

TEST(Environment, HeadersCannotSetParametersOrLimits) {
    EnvironmentOf environment({"HTTP_CPPCGI_PARAM_X=1", "HTTP_CPPCGI_MAX_BODY=1"});
    cppcgi_limits limits{};
    EXPECT_EQ(environment->read_limits(limits), "");
    EXPECT_EQ(limits.max_body, 64u << 20);
    EXPECT_EQ(environment->parameter("X"), std::nullopt);
}

TEST(Environment, ReadsLimitsWithUnits) {
    EnvironmentOf environment({"CPPCGI_MAX_BODY=3G", "CPPCGI_MAX_FIELD=2k",
                               "CPPCGI_MAX_FIELDS=7", "CPPCGI_MAX_NESTING=0",
                               "CPPCGI_SPOOL_DIR=/spool"});
    cppcgi_limits limits{};
    EXPECT_EQ(environment->read_limits(limits), "");
    EXPECT_EQ(limits.max_body, std::uint64_t{3} << 30);
    EXPECT_EQ(limits.max_field, 2048u);
    EXPECT_EQ(limits.max_fields, 7u);
    EXPECT_EQ(limits.max_nesting, 0u);
    EXPECT_EQ(limits.max_part_header, 16u << 10);
    EXPECT_EQ(std::string_view(limits.spool_dir.data, limits.spool_dir.size), "/spool");
}

TEST(Environment, RefusesLimitsThatAreNone) {
    for (const char* bad :
         {"", "x", "-1", "1T", "1KB", "99999999999999999999", "99999999999999999G"}) {
        const std::string entry = std::string("CPPCGI_MAX_FILE=") + bad;
        cppcgi_limits limits{};
        EXPECT_EQ(EnvironmentOf({entry.c_str()})->read_limits(limits),
                  "CPPCGI_MAX_FILE")
            << entry;
        EXPECT_EQ(limits.max_file, 64u << 20) << entry;
    }
}

}  // namespace
}  // namespace cppcgi::program
