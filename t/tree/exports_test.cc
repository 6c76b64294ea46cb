// What the shared libraries show to the dynamic linker. One symbol too many in the module
// keeps its old file mapped over a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "t/process.h"

namespace cppcgi_test {
namespace {

std::vector<std::string> exported(const std::string& library) {
    const auto file = build_dir() / "lib" / library;
    const Exit listed = run({"nm", "-D", "--defined-only", "--demangle", file});
    EXPECT_EQ(listed.status, 0) << listed.output;
    std::vector<std::string> result;
    std::istringstream lines(listed.output);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string address, kind, name;
        words >> address >> kind >> std::ws;
        std::getline(words, name);
        result.push_back(name);
    }
    return result;
}

TEST(Exports, TheModuleShowsItsRecordOnly) {
    EXPECT_THAT(exported("mod_cppcgi.so"), ::testing::ElementsAre("cppcgi_module"));
}

TEST(Exports, TheLibraryShowsItsOwnNamesOnly) {
    const auto names = exported("libcppcgi.so.1");
    EXPECT_FALSE(names.empty());
    for (const std::string& name : names) {
        EXPECT_TRUE(name.find("cppcgi") != name.npos) << name;
    }
}

TEST(Exports, TheLibraryIsNamedBySonameOne) {
    const Exit listed = run({"readelf", "-d", build_dir() / "lib/libcppcgi.so"});
    EXPECT_THAT(listed.output, ::testing::HasSubstr("soname: [libcppcgi.so.1]"));
}

TEST(Exports, TheModuleIsNotLinkedToTheLibraryAndSharesLibstdcxx) {
    const Exit listed = run({"readelf", "-d", build_dir() / "lib/mod_cppcgi.so"});
    EXPECT_THAT(listed.output, ::testing::Not(::testing::HasSubstr("libcppcgi")));
    EXPECT_THAT(listed.output, ::testing::HasSubstr("[libstdc++.so.6]"));
}

}  // namespace
}  // namespace cppcgi_test
