// How a registration's section splits a URL into SCRIPT_NAME and PATH_INFO, whichever
// files happen to exist, and which path goes with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/server.h"
#include "t/httpd/variables.h"

namespace cppcgi_test {
namespace {

struct Split {
    std::string url, script_name, path_info, script_filename, path_translated;
};

class ScriptName : public HttpdTest {
protected:
    void start(const std::string& config) {
        server.start("CppCGILibrary ${TEST_HANDLERS}/probe.so\n" + config);
    }
    // ROOT and DOCS in the expectations stand for these folders of the server.
    std::string placed(std::string text) const {
        for (const auto& [mark, folder] :
             {std::pair{std::string("ROOT"), server.root().native()},
              std::pair{std::string("DOCS"), server.docroot().native()}})
            if (text.starts_with(mark)) text.replace(0, mark.size(), folder);
        return text;
    }
    void expect(const std::vector<Split>& splits) {
        for (const Split& split : splits) {
            const Variables found(client().get(split.url));
            EXPECT_EQ(found["SCRIPT_NAME"], split.script_name) << split.url;
            EXPECT_EQ(found["PATH_INFO"], split.path_info) << split.url;
            EXPECT_EQ(found["SCRIPT_FILENAME"], placed(split.script_filename))
                << split.url;
            EXPECT_EQ(found["PATH_TRANSLATED"], placed(split.path_translated))
                << split.url;
            const std::string uri = split.url.substr(0, split.url.find('?'));
            EXPECT_EQ(found["REQUEST_URI"], split.url);
        }
    }
};

TEST_P(ScriptName, OfALocationIsItsPath) {
    server.write("docroot/files/sub/page.html", "");
    start(
        "<Location /files>\nCppCGIHandler probe\n</Location>\n"
        "<Location /slash/>\nCppCGIHandler probe\n</Location>\n"
        "<Location /nowhere/deep>\nCppCGIHandler probe\n</Location>\n");
    expect(
        {{"/files", "/files", "(none)", "DOCS/files", "(none)"},
         {"/files/", "/files", "/", "DOCS/files", "DOCS/"},
         {"/files/sub", "/files", "/sub", "DOCS/files", "DOCS/sub"},
         {"/files/sub/page.html/a", "/files", "/sub/page.html/a", "DOCS/files",
          "DOCS/sub/page.html/a"},
         {"/files/not%20there/b?c", "/files", "/not there/b", "DOCS/files",
          "DOCS/not there/b"},
         {"/files//sub", "/files", "/sub", "DOCS/files", "DOCS/sub"},
         {"/slash/", "/slash", "/", "DOCS/slash", "DOCS/"},
         {"/nowhere/deep/a/b", "/nowhere/deep", "/a/b", "DOCS/nowhere/deep",
          "DOCS/a/b"},
         {"/nowhere/deep", "/nowhere/deep", "(none)", "DOCS/nowhere/deep", "(none)"}});
}

// A line end in a URL has moved the end of PATH_INFO elsewhere (CVE-2019-11043).
TEST_P(ScriptName, KeepsOddBytesInPathInfo) {
    start("<Location /ask>\nCppCGIHandler probe:ask\n</Location>\n");
    EXPECT_EQ(client().get("/ask/a%0ab%0dc?PATH_INFO").body, "PATH_INFO=/a\nb\rc\n");
    EXPECT_EQ(client().get("/ask/%c3%84.php/x?PATH_INFO").body,
              "PATH_INFO=/\xc3\x84.php/x\n");
    EXPECT_EQ(client().get("/ask/a%00b?PATH_INFO").status, 404);
    EXPECT_EQ(client().get("/ask/..%2f..%2fetc/passwd?PATH_INFO").status, 404);
    EXPECT_EQ(client().get("/ask/../../etc/passwd?PATH_INFO").status, 400);
    server.log().allow("AH10244|AH00026");
}

TEST_P(ScriptName, OfTheWholeSiteIsEmpty) {
    server.write("docroot/sub/page.html", "");
    start("<Location />\nCppCGIHandler probe\n</Location>\n");
    expect({{"/", "", "/", "DOCS", "DOCS/"},
            {"/sub/page.html", "", "/sub/page.html", "DOCS", "DOCS/sub/page.html"},
            {"/not/there", "", "/not/there", "DOCS", "DOCS/not/there"}});
}

TEST_P(ScriptName, OfALocationSurvivesSeveralSlashes) {
    start("MergeSlashes Off\n<Location /a/b>\nCppCGIHandler probe\n</Location>\n");
    const Variables found(client().get("/a//b//c"));
    EXPECT_EQ(found["SCRIPT_NAME"], "/a//b");
    EXPECT_EQ(found["PATH_INFO"], "//c");
}

TEST_P(ScriptName, OfADirectoryIsItsUrl) {
    server.write("docroot/app/sub/page.html", "");
    server.write("alias/page.html", "");
    start(
        "Alias /other ${ROOT}/alias\nAliasMatch ^/odd/(.*)x$ ${ROOT}/alias/$1\n"
        "<Directory ${DOCROOT}/app/>\nCppCGIHandler probe\n</Directory>\n"
        "<Directory ${ROOT}/alias>\nCppCGIHandler probe\n</Directory>\n");
    expect({{"/app", "/app", "(none)", "DOCS/app", "(none)"},
            {"/app/", "/app", "/", "DOCS/app", "DOCS/"},
            {"/app/sub", "/app", "/sub", "DOCS/app", "DOCS/sub"},
            {"/app/sub/page.html/a", "/app", "/sub/page.html/a", "DOCS/app",
             "DOCS/sub/page.html/a"},
            {"/app/a/b/c", "/app", "/a/b/c", "DOCS/app", "DOCS/a/b/c"},
            {"/other/page.html/a", "/other", "/page.html/a", "ROOT/alias",
             "DOCS/page.html/a"},
            {"/other/a/b", "/other", "/a/b", "ROOT/alias", "DOCS/a/b"},
            // A URL that ends otherwise than the path: httpd's split stands.
            {"/odd/page.htmlx", "/odd/page.htmlx", "(none)", "ROOT/alias/page.html",
             "(none)"}});
}

TEST_P(ScriptName, OfHtaccessIsItsDirectory) {
    server.write("docroot/app/.htaccess", "CppCGIHandler probe\n");
    server.write("docroot/app/sub/page.html", "");
    start("<Directory ${DOCROOT}>\nAllowOverride FileInfo\n</Directory>\n");
    expect({{"/app/", "/app", "/", "DOCS/app", "DOCS/"},
            {"/app/sub/page.html", "/app", "/sub/page.html", "DOCS/app",
             "DOCS/sub/page.html"},
            {"/app/a/b", "/app", "/a/b", "DOCS/app", "DOCS/a/b"}});
}

TEST_P(ScriptName, OfFilesAndPatternsIsAsHttpdSplits) {
    server.write("docroot/a/page.html", "");
    server.write("docroot/b/page.html", "");
    server.write("docroot/c/page.html", "");
    start(
        "<Directory ${DOCROOT}/a>\nCppCGIHandler probe page.html missing.html\n"
        "</Directory>\n"
        "<Directory ${DOCROOT}/b*>\nCppCGIHandler probe\n</Directory>\n"
        "<Location ~ ^/c/>\nCppCGIHandler probe\n</Location>\n"
        "<LocationMatch ^/d/>\nCppCGIHandler probe\n</LocationMatch>\n"
        "<Location /e>\n<If \"true\">\nCppCGIHandler probe\n</If>\n</Location>\n"
        "<Files f.html>\nCppCGIHandler probe\n</Files>\n"
        "CppCGIHandler probe g.html\n");
    expect({{"/a/page.html/x", "/a/page.html", "/x", "DOCS/a/page.html", "DOCS/x"},
            {"/a/missing.html/x", "/a/missing.html", "/x", "DOCS/a/missing.html",
             "DOCS/x"},
            {"/b/page.html/x", "/b/page.html", "/x", "DOCS/b/page.html", "DOCS/x"},
            {"/c/page.html/x", "/c/page.html", "/x", "DOCS/c/page.html", "DOCS/x"},
            {"/d/x/y", "/d", "/x/y", "DOCS/d", "DOCS/x/y"},
            {"/e/x", "/e", "/x", "DOCS/e", "DOCS/x"},
            {"/f.html/x", "/f.html", "/x", "DOCS/f.html", "DOCS/x"},
            {"/g.html/x", "/g.html", "/x", "DOCS/g.html", "DOCS/x"}});
}

TEST_P(ScriptName, OfScriptsIsAsHttpdSplits) {
    server.write("docroot/a.cgi",
                 "#!/bin/sh\necho Content-Type: text/plain\necho\nenv\n", 0755);
    start(
        "<Directory ${DOCROOT}>\nOptions +ExecCGI\nAddHandler cgi-script .cgi\n"
        "</Directory>\n"
        "<Location /a.cgi/b>\nCppCGIParam a b\n</Location>\n");
    expect({{"/a.cgi/b/c", "/a.cgi", "/b/c", "DOCS/a.cgi", "DOCS/b/c"}});
}

TEST_P(ScriptName, OfAnIncludedPageIsItsSection) {
    server.load("include");
    server.write("docroot/page.shtml",
                 "[<!--#include virtual=\"/app/x?SCRIPT_NAME+PATH_INFO\"-->]");
    start(
        "AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml\n"
        "<Directory ${DOCROOT}>\nOptions +Includes\n</Directory>\n"
        "<Location /app>\nCppCGIHandler probe:ask\n</Location>\n");
    EXPECT_EQ(client().get("/page.shtml").body, "[SCRIPT_NAME=/app\nPATH_INFO=/x\n]");
}

CPPCGI_ON_EVERY_MPM(ScriptName);

}  // namespace
}  // namespace cppcgi_test
