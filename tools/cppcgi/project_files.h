// What `cppcgi new NAME` writes: @NAME@ stands for the name, @COMMAND@ for this program.
#ifndef CPPCGI_TOOLS_CPPCGI_PROJECT_FILES_H
#define CPPCGI_TOOLS_CPPCGI_PROJECT_FILES_H

#include <string_view>

namespace cppcgi::tools {

struct ProjectFile {
    std::string_view name;
    std::string_view text;
};

inline constexpr ProjectFile project_files[] = {
    {"@NAME@.cc", R"(#include <cppcgi.h>

CPPCGI_HANDLER(@NAME@, req, res) {
    res.html("<!DOCTYPE html>\n<html lang=\"en\"><head><title>@NAME@</title></head>"
             "<body>\n<h1>Hello, {}!</h1>\n",
             req.form().getfirst("name", "world"));
    res << "<form><label>Your name: <input name=\"name\"></label> "
           "<button>Greet</button></form>\n</body></html>\n";
}
CPPCGI_MAIN(@NAME@)
)"},
    {"@NAME@_test.cc", R"(#include <cppcgi/testing.h>

#include <gtest/gtest.h>

CPPCGI_TEST_HANDLER(@NAME@)

namespace web = cppcgi::testing;

TEST(Page, GreetsTheWorld) {
    const web::Page page = web::get("/@NAME@");
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.body.find("Hello, world!"), std::string::npos) << page.body;
}

TEST(Page, TakesTheNameByGetAndByPost) {
    const auto greets = [](const web::Page& page) {
        return page.body.find("Hello, Ada!") != std::string::npos;
    };
    EXPECT_TRUE(greets(web::get("/@NAME@?name=Ada")));
    EXPECT_TRUE(greets(web::post("/@NAME@", {{"name", "Ada"}})));
}

TEST(Page, EscapesTheName) {
    const web::Page page = web::get("/@NAME@?name=%3Cscript%3E");
    EXPECT_EQ(page.body.find("<script>"), std::string::npos) << page.body;
}
)"},
    {"Makefile",
     R"(# make         @NAME@.so for the server, and @NAME@.cgi, a classic program
# make test    the tests, without a server
# make run     serves it from a private httpd; save, and load the page again
CPPCGI ?= @COMMAND@
CXXFLAGS ?= -O2 -g
export CXX CXXFLAGS LDFLAGS

.PHONY: all test run clean
all: @NAME@.so @NAME@.cgi

@NAME@.so: @NAME@.cc
	$(CPPCGI) build -o $@ $<

@NAME@.cgi: @NAME@.cc
	$(CPPCGI) build --cgi -o $@ $<

test: @NAME@_test
	./@NAME@_test

# Without the main() of the program, for GoogleTest has one.
@NAME@_test: @NAME@_test.cc @NAME@.cc
	@echo '#include <gtest/gtest.h>' | $(CXX) -E -x c++ - >/dev/null 2>&1 || \
	    { echo 'make test: install GoogleTest (Debian: libgtest-dev)' >&2; exit 1; }
	$(CXX) $$($(CPPCGI) flags --cflags) -DCPPCGI_NO_MAIN -o $@ $^ \
	    -lgtest_main -lgtest $$($(CPPCGI) flags --program-libs)

run:
	exec $(CPPCGI) serve @NAME@.cc

clean:
	rm -f @NAME@.so @NAME@.cgi @NAME@_test
)"},
    {"@NAME@.conf", R"(# For httpd with mod_cppcgi: Include "@FOLDER@/@NAME@.conf"
CppCGILibrary "@FOLDER@/@NAME@.so"
<Location "/@NAME@">
    CppCGIHandler @NAME@
    Require all granted
</Location>
)"},
    {"README.md", R"(# @NAME@

A web page in C++ for mod_cppcgi.

    make         # @NAME@.so for the server, and @NAME@.cgi, a classic program
    make test    # the tests, without a server
    make run     # http://127.0.0.1:8000/@NAME@; save a file, and load the page again

`@NAME@.conf` serves it from httpd.
)"},
    {".gitignore", "*.so\n*.cgi\n@NAME@_test\n"},
};

}  // namespace cppcgi::tools

#endif
