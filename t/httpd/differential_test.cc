// Random forms through httpd, held against Python's own cgi.FieldStorage on the same
// bytes (t/differential). CPPCGI_DIFFERENTIAL_CASES says how many, and
// CPPCGI_DIFFERENTIAL_SEED repeats a run.
#include "t/httpd/server.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace cppcgi_test {
namespace {

class Differential : public HttpdTest {};

TEST_P(Differential, FormsAreReadAsPythonReadsThem) {
    server.start(
        "CppCGILibrary ${HANDLERS}/inspect.so\nKeepAlive on\nMaxKeepAliveRequests 0\n"
        "LimitRequestLine 1000000\n"
        "<Location /inspect>\n CppCGIHandler inspect\n</Location>\n");
    const char* cases = std::getenv("CPPCGI_DIFFERENTIAL_CASES");
    std::vector<std::string> command = {
        "python3", source_dir() / "t/differential/differential.py",
        "--url",   server.url("/inspect"),
        "--cases", cases != nullptr ? cases : "2000"};
    // The same cases each time, so that a failure belongs to the change that is tested;
    // another seed looks further.
    const char* seed = std::getenv("CPPCGI_DIFFERENTIAL_SEED");
    command.insert(command.end(), {"--seed", seed != nullptr ? seed : "1"});
    const Exit exit = run(command, {}, std::chrono::minutes(10));
    if (exit.status == 77) GTEST_SKIP() << exit.output;
    EXPECT_EQ(exit.status, 0) << exit.output;
    // Seed and counts, so that a run can be repeated; defects are in the failure above.
    if (exit.status == 0) std::cout << exit.output;
}

// One MPM is enough: what is compared does not know of threads.
INSTANTIATE_TEST_SUITE_P(Mpm, Differential, ::testing::Values(mpms().front()),
                         [](const auto& mpm_) { return mpm_.param; });

}  // namespace
}  // namespace cppcgi_test
