// The files of the source tree, for the tests that hold the tree against its own rules.
#ifndef CPPCGI_T_TREE_SOURCE_TREE_H
#define CPPCGI_T_TREE_SOURCE_TREE_H

#include <string>
#include <vector>

namespace cppcgi_test {

// Paths relative to the top of the tree of all files below `folder` (a file itself is
// fine as well) that end so, sorted; none when it does not exist.
std::vector<std::string> files(const std::string& folder,
                               const std::vector<std::string>& endings);

// The text of such a file.
std::string source(const std::string& path);

// The compilers to try: those of CPPCGI_TEST_COMPILERS, else g++ and clang++, as far as
// they are installed.
std::vector<std::string> compilers();

// "" when `text` compiles as a C++20 file of its own with the warnings of the project,
// else what the compiler says.
std::string compile(const std::string& compiler, const std::string& text);

}  // namespace cppcgi_test

#endif
