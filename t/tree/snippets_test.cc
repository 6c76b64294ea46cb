// What README and doc/ show as a handler compiles.
#include <gtest/gtest.h>

#include <sstream>

#include "t/tree/source_tree.h"

namespace cppcgi_test {
namespace {

struct Snippet {
    std::string place;
    std::string text;
};

// The ```cpp blocks of a page that hold a handler.
std::vector<Snippet> snippets(const std::string& page, const std::string& text) {
    std::vector<Snippet> result;
    std::istringstream lines(text);
    bool inside = false;
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (!inside && line.starts_with("```cpp")) {
            inside = true;
            result.push_back({page + ":" + std::to_string(number), ""});
        } else if (inside && line.starts_with("```")) {
            inside = false;
        } else if (inside) {
            result.back().text += line + "\n";
        }
    }
    std::erase_if(result, [](const Snippet& one) {
        return one.text.find("CPPCGI_HANDLER") == one.text.npos;
    });
    return result;
}

std::string whole(const std::string& text) {
    if (text.find("#include <cppcgi.h>") != text.npos) return text;
    return "#include <cppcgi.h>\nnamespace cgi = cppcgi;\n" + text;
}

TEST(DocSnippets, HandlersCompile) {
    std::vector<std::string> pages = files("README.md", {".md"});
    for (const std::string& page : files("doc", {".md"})) pages.push_back(page);
    for (const std::string& page : pages)
        for (const Snippet& one : snippets(page, source(page)))
            for (const std::string& compiler : compilers())
                EXPECT_EQ(compile(compiler, whole(one.text)), "") << one.place;
}

TEST(DocSnippets, ABrokenHandlerIsFound) {
    const auto found = snippets("page.md",
                                "text\n```cpp\nint other;\n```\n```cpp\n"
                                "CPPCGI_HANDLER(broken, req, res) { res.no_such(); }\n"
                                "```\n");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front().place, "page.md:5");
    EXPECT_NE(compile("g++", whole(found.front().text)), "");
}

}  // namespace
}  // namespace cppcgi_test
