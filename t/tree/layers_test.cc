// Includes point left only (doc/flow.md, "Layers"): include <- core <- gateway <- module
// and include <- host <- module, tools.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "t/process.h"
#include "t/tree/source_tree.h"

namespace cppcgi_test {
namespace {

using Names = std::vector<std::string>;

// A layer and the others it may include from; the longest folder that fits wins.
const std::map<std::string, Names> layers = {
    {"include", {}},
    {"mod_cppcgi/core", {"include"}},
    {"mod_cppcgi/gateway", {"include", "mod_cppcgi/core"}},
    {"mod_cppcgi/gateway/fcgi", {"include", "mod_cppcgi/core", "mod_cppcgi/gateway"}},
    {"mod_cppcgi/gateway/httpd", {"include", "mod_cppcgi/core"}},
    {"mod_cppcgi/host", {"include"}},
    {"mod_cppcgi/module",
     {"include", "mod_cppcgi/core", "mod_cppcgi/gateway/httpd", "mod_cppcgi/host"}},
    {"tools",
     {"include", "mod_cppcgi/core", "mod_cppcgi/host", "mod_cppcgi/gateway",
      "mod_cppcgi/gateway/fcgi"}},
    {"examples", {"include"}},
};

const std::set<std::string> sees_httpd = {"mod_cppcgi/gateway/httpd",
                                          "mod_cppcgi/module"};

// Headers of the C++ library and of C that it names anew; all others have a dot.
bool is_standard(const std::string& header) {
    return header.find('.') == header.npos && header.find('/') == header.npos;
}

bool is_httpd(const std::string& header) {
    static const std::regex names(
        R"(httpd\.h|(apr|apu|ap|http|util|mod|mpm)_.*\.h|(apr|apu|mpm|scoreboard|unixd)\.h)");
    return std::regex_match(header, names);
}

std::string layer_of(const std::string& path) {
    std::string found;
    for (const auto& [folder, allowed] : layers)
        if (path.starts_with(folder + "/") && folder.size() > found.size())
            found = folder;
    return found;
}

bool in_tree(const std::string& path) {
    return std::filesystem::exists(source_dir() / path);
}

// The file of ours that an include names, else "".
std::string resolve(const std::string& from, const std::string& header) {
    const std::string beside =
        (std::filesystem::path(from).parent_path() / header).lexically_normal();
    for (const std::string& path :
         {beside, "mod_cppcgi/" + header, "include/" + header, header})
        if (in_tree(path)) return path;
    return {};
}

std::string fault(const std::string& from, const std::string& header) {
    const std::string layer = layer_of(from);
    const std::string target = resolve(from, header);
    if (!target.empty()) {
        const std::string other = layer_of(target);
        const Names& allowed = layers.at(layer);
        if (other == layer || std::ranges::count(allowed, other) != 0) return {};
        return layer + " may not include from " + (other.empty() ? "there" : other);
    }
    if (is_httpd(header) && !sees_httpd.contains(layer))
        return layer + " may not see httpd or APR";
    if (layer == "include" && !is_standard(header)) {
        if (from == "include/cppcgi/json.h" && header == "nlohmann/json.hpp") return {};
        return "public headers include the C++ standard library only";
    }
    return {};
}

Names faults(const std::string& from, const std::string& text) {
    static const std::regex include(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
    std::istringstream lines(text);
    Names result;
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (!std::regex_search(line, match, include)) continue;
        const std::string why = fault(from, match[1]);
        if (!why.empty()) result.push_back(from + ": " + line + ": " + why);
    }
    return result;
}

TEST(Layers, IncludesPointLeft) {
    std::size_t count = 0;
    for (const char* folder : {"include", "mod_cppcgi", "tools", "examples"}) {
        for (const std::string& file : files(folder, {".h", ".cc"})) {
            ++count;
            EXPECT_THAT(faults(file, source(file)), ::testing::IsEmpty());
        }
    }
    EXPECT_GT(count, 20u) << "the sources were not found";
}

TEST(Layers, AnIncludeThatPointsRightIsFound) {
    const std::string module = "#include \"module/config.h\"\n";
    ASSERT_TRUE(in_tree("mod_cppcgi/module/config.h"));
    EXPECT_EQ(faults("mod_cppcgi/core/x.cc", module).size(), 1u);
    EXPECT_EQ(faults("mod_cppcgi/gateway/httpd/x.cc", module).size(), 1u);
    EXPECT_EQ(faults("mod_cppcgi/host/x.cc", module).size(), 1u);
    EXPECT_EQ(faults("examples/x.cc", module).size(), 1u);
    EXPECT_EQ(faults("mod_cppcgi/module/x.cc", module).size(), 0u);
    EXPECT_EQ(faults("mod_cppcgi/core/x.cc", "#include <apr_pools.h>\n").size(), 1u);
    EXPECT_EQ(faults("mod_cppcgi/host/x.cc", "#include <httpd.h>\n").size(), 1u);
    EXPECT_EQ(faults("include/cppcgi/x.h", "#include <unistd.h>\n").size(), 1u);
    EXPECT_EQ(faults("include/cppcgi/x.h", "#include <vector>\n").size(), 0u);
}

}  // namespace
}  // namespace cppcgi_test
