// Which requests a registration takes: the last one that matches, before mod_dir and a
// classic script, behind any other SetHandler.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/server.h"
#include "t/httpd/variables.h"

namespace cppcgi_test {
namespace {

class WhichHandler : public HttpdTest {
protected:
    void start(const std::string& config) {
        server.start("CppCGILibrary ${TEST_HANDLERS}/probe.so\n" + config);
    }
    // What answers: a handler's name, "script" (see script()), else the status.
    std::string at(const std::string& path) {
        const Reply reply = client().get(path);
        if (reply.status != 200) return std::to_string(reply.status);
        return Variables(reply)["handler"];
    }
    void script(const std::string& name) {
        server.write(name,
                     "#!/bin/sh\necho Content-Type: text/plain\necho\n"
                     "echo handler=script\n",
                     0755);
    }
};

TEST_P(WhichHandler, TakesAUrlBelowScriptAlias) {
    script("cgi-bin/a.py");
    script("cgi-bin/b.py");
    start(
        "ScriptAlias /cgi-bin/ ${ROOT}/cgi-bin/\n"
        "<Location /cgi-bin/a.py>\nCppCGIHandler probe\n</Location>\n"
        "<Directory ${ROOT}/cgi-bin>\nCppCGIHandler probe:other "
        "new.py\n</Directory>\n");
    EXPECT_EQ(at("/cgi-bin/a.py"), "probe");
    EXPECT_EQ(at("/cgi-bin/b.py"), "script");
    EXPECT_EQ(at("/cgi-bin/new.py"), "other");
    EXPECT_EQ(at("/cgi-bin/nothing.py"), "404");
    server.claim("CPPCGI0303");
}

TEST_P(WhichHandler, TakesAFileBelowAddHandler) {
    script("docroot/a.cgi");
    script("docroot/b.cgi");
    start(
        "<Directory ${DOCROOT}>\nOptions +ExecCGI\nAddHandler cgi-script .cgi\n"
        "CppCGIHandler probe a.cgi\n</Directory>\n");
    EXPECT_EQ(at("/a.cgi"), "probe");
    EXPECT_EQ(at("/b.cgi"), "script");
}

TEST_P(WhichHandler, RunsScriptsBelowTheMediaTypeOfOld) {
    script("docroot/a.cgi");
    start(
        "<Directory ${DOCROOT}>\nOptions +ExecCGI\n"
        "AddType application/x-httpd-cgi .cgi\nCppCGIHandler probe "
        "b.cgi\n</Directory>\n");
    EXPECT_EQ(at("/a.cgi"), "script");
    EXPECT_EQ(at("/b.cgi"), "probe");
}

TEST_P(WhichHandler, LeavesAnyOtherSetHandlerAlone) {
    server.write("docroot/a.txt", "handler=file\n");
    server.load("status");
    start(
        "<Directory ${DOCROOT}>\nCppCGIHandler probe\n</Directory>\n"
        "<Files a.txt>\nSetHandler default-handler\n</Files>\n"
        "<Location /s>\nSetHandler server-status\n</Location>\n");
    EXPECT_EQ(at("/a.txt"), "file");
    EXPECT_EQ(at("/b.txt"), "probe");
    EXPECT_THAT(client().get("/s?auto").body, ::testing::HasSubstr("Total Accesses"));
}

TEST_P(WhichHandler, TakesTheFilesThatItNamesThereOrNot) {
    server.write("docroot/app/there.html", "handler=file\n");
    server.write("docroot/app/else.html", "handler=file\n");
    start(
        "<Directory ${DOCROOT}/app>\nCppCGIHandler probe there.html missing.html\n"
        "</Directory>\n"
        "<Location /virtual>\nCppCGIHandler probe:other a b\n</Location>\n");
    EXPECT_EQ(at("/app/there.html"), "probe");
    EXPECT_EQ(at("/app/missing.html"), "probe");
    EXPECT_EQ(at("/app/missing.html/more"), "probe");
    EXPECT_EQ(at("/app/else.html"), "file");
    EXPECT_EQ(at("/app/nothing.html"), "404");
    EXPECT_EQ(at("/virtual/a"), "other");
    EXPECT_EQ(at("/virtual/b/more"), "other");
    EXPECT_EQ(at("/virtual/c"), "404");
    EXPECT_EQ(at("/virtual"), "404");
    EXPECT_EQ(at("/virtual2/a"), "404");
}

TEST_P(WhichHandler, NeitherRedirectsForASlashNorLooksForAnIndex) {
    server.write("docroot/dir/index.html", "handler=file\n");
    start(
        "DirectoryIndex index.html\n"
        "<Location /dir>\nCppCGIHandler probe\n</Location>\n");
    EXPECT_EQ(at("/dir"), "probe");
    EXPECT_EQ(at("/dir/"), "probe");
    EXPECT_EQ(at("/dir/index.html"), "probe");
}

TEST_P(WhichHandler, ServesAsDirectoryIndexThereOrNot) {
    script("docroot/there/index.cgi");
    server.write("docroot/missing/else.txt", "");
    start(
        "DirectoryIndex index.cgi\n"
        "<Directory ${DOCROOT}>\nCppCGIHandler probe index.cgi\n</Directory>\n");
    for (const std::string folder : {"/there/", "/missing/", "/"}) {
        const Reply reply = client().get(folder + "?a=b");
        EXPECT_EQ(Variables(reply)["handler"], "probe") << folder;
        EXPECT_EQ(Variables(reply)["SCRIPT_NAME"], folder + "index.cgi");
        EXPECT_EQ(Variables(reply)["QUERY_STRING"], "a=b");
    }
    EXPECT_EQ(client().get("/there").status, 301);
}

TEST_P(WhichHandler, IsTheLastOfLocationsAsWritten) {
    start(
        "<Location /a/b>\nCppCGIHandler probe:other\n</Location>\n"
        "<Location /a>\nCppCGIHandler probe\n</Location>\n"
        "<Location /c>\nCppCGIHandler probe\n</Location>\n"
        "<Location /c/d>\nCppCGIHandler probe:other\n</Location>\n"
        "<Location /c/d/e>\nCppCGIHandler none\n</Location>\n"
        "<Location /f>\nCppCGIHandler probe\nCppCGIHandler probe:other x\n"
        "CppCGIHandler none y\n</Location>\n");
    EXPECT_EQ(at("/a/b"), "probe");
    EXPECT_EQ(at("/c"), "probe");
    EXPECT_EQ(at("/c/d"), "other");
    EXPECT_EQ(at("/c/d/e"), "404");
    EXPECT_EQ(at("/f/x"), "other");
    EXPECT_EQ(at("/f/y"), "404");
    EXPECT_EQ(at("/f/f"), "probe");
}

TEST_P(WhichHandler, ComesFromDirectoryHtaccessFilesLocationIfInThisOrder) {
    const auto folder = [this](const std::string& name, bool htaccess) {
        server.write("docroot/" + name + "/a", "");
        server.write("docroot/" + name + "/f", "");
        if (htaccess)
            server.write("docroot/" + name + "/.htaccess",
                         "CppCGIHandler probe:limits\n");
    };
    folder("1", false);
    for (const char* name : {"2", "3", "4", "5"}) folder(name, true);
    start(
        "<Directory ${DOCROOT}>\nAllowOverride FileInfo\nCppCGIHandler probe\n"
        "</Directory>\n"
        "<If \"%{REQUEST_URI} =~ m#^/5/#\">\nCppCGIHandler probe:other\n</If>\n"
        "<Location /4>\nCppCGIHandler probe:other\n</Location>\n"
        "<Location /5>\nCppCGIHandler probe\n</Location>\n"
        "<Files f>\nCppCGIHandler probe\n</Files>\n");
    EXPECT_EQ(at("/1/a"), "probe");
    EXPECT_EQ(Variables(client().get("/2/a"))["max_nesting"], "2");
    EXPECT_EQ(at("/3/f"), "probe");
    EXPECT_EQ(at("/4/f"), "other");
    EXPECT_EQ(at("/5/f"), "other");
}

TEST_P(WhichHandler, IsInheritedByVirtualHosts) {
    start(
        "CppCGIHandler probe a\n"
        "<VirtualHost *:${PORT}>\nServerName one\n</VirtualHost>\n"
        "<VirtualHost *:${PORT}>\nServerName two\nCppCGIHandler none "
        "a\n</VirtualHost>\n");
    EXPECT_EQ(Variables(client().get("/a", {"Host: one"}))["handler"], "probe");
    EXPECT_EQ(client().get("/a", {"Host: two"}).status, 404);
}

TEST_P(WhichHandler, IsNotChosenByTheTypeOfAResponse) {
    server.write("docroot/a.cgi",
                 "#!/bin/sh\necho Content-Type: cppcgi\necho Location: /b.txt\necho\n",
                 0755);
    server.write("docroot/b.txt", "handler=file\n");
    start(
        "<Directory ${DOCROOT}>\nOptions +ExecCGI\nAddHandler cgi-script .cgi\n"
        "</Directory>\n");
    EXPECT_EQ(at("/a.cgi"), "file");
}

TEST_P(WhichHandler, RefusesThePathBehindItUnderAcceptPathInfoOff) {
    start("<Location /a>\nCppCGIHandler probe\nAcceptPathInfo Off\n</Location>\n");
    EXPECT_EQ(at("/a"), "probe");
    EXPECT_EQ(at("/a/b"), "404");
    server.claim("CPPCGI0207: .*\"/b\".*probe:probe");
}

TEST_P(WhichHandler, DoesNotTakeTypeAndEncodingFromTheFileName) {
    start(
        "AddEncoding x-gzip .gz\n"
        "<Directory ${DOCROOT}>\nCppCGIHandler probe\n</Directory>\n");
    const Reply reply = client().get("/a.html.gz");
    EXPECT_EQ(reply.header("content-encoding"), std::nullopt);
    EXPECT_EQ(reply.header("content-type"), "text/plain; charset=utf-8");
}

CPPCGI_ON_EVERY_MPM(WhichHandler);

}  // namespace
}  // namespace cppcgi_test
