// What the author of an .htaccess may do: name a handler of a library that the server's
// configuration names. Loading code is not among it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/server.h"
#include "t/httpd/variables.h"

namespace cppcgi_test {
namespace {

class Htaccess : public HttpdTest {
protected:
    void SetUp() override {
        server.write("docroot/app/page.html", "handler=file\n");
        server.start(
            "CppCGILibrary ${TEST_HANDLERS}/probe.so\n"
            "<Directory ${DOCROOT}>\nAllowOverride FileInfo\n"
            "AllowOverrideList CppCGILibrary CppCGILibraryDir CppCGIWritableLibraries\n"
            "</Directory>\n"
            "<Directory ${DOCROOT}/app/registered>\nCppCGIHandler probe\n"
            "</Directory>\n");
        server.log().allow("AH02305|AllowOverrideList|AH00115");
    }
    void write(const std::string& text) { server.write("docroot/app/.htaccess", text); }
    std::string at(const std::string& path) {
        const Reply reply = client().get(path);
        if (reply.status != 200) return std::to_string(reply.status);
        return Variables(reply)["handler"];
    }
};

TEST_P(Htaccess, NamesAHandler) {
    write("CppCGIHandler probe:other\n");
    EXPECT_EQ(at("/app/page.html"), "other");
    EXPECT_EQ(at("/app/missing"), "other");
    write("CppCGIHandler probe missing.html\n");
    EXPECT_EQ(at("/app/page.html"), "file");
    EXPECT_EQ(at("/app/missing.html"), "probe");
    write("<Files p*.html>\nCppCGIHandler probe\n</Files>\n");
    EXPECT_EQ(at("/app/page.html"), "probe");
    EXPECT_EQ(at("/app/missing.html"), "404");
}

TEST_P(Htaccess, SwitchesOffWhatWasInherited) {
    server.write("docroot/app/registered/page.html", "handler=file\n");
    EXPECT_EQ(at("/app/registered/page.html"), "probe");
    server.write("docroot/app/registered/.htaccess", "CppCGIHandler none page.html\n");
    EXPECT_EQ(at("/app/registered/page.html"), "file");
    EXPECT_EQ(at("/app/registered/else.html"), "probe");
    server.write("docroot/app/registered/.htaccess", "CppCGIHandler None\n");
    EXPECT_EQ(at("/app/registered/else.html"), "404");
}

TEST_P(Htaccess, ThatNamesWhatIsNotThereIs500WithALine) {
    write("CppCGIHandler nowhere\n");
    EXPECT_EQ(at("/app/page.html"), "500");
    server.claim("app/.htaccess: CPPCGI0020: .*nowhere");
    write("CppCGIHandler probe:nobody\n");
    EXPECT_EQ(at("/app/page.html"), "500");
    server.claim("app/.htaccess: CPPCGI0022: .*has no handler .*nobody");
    write("CppCGIHandler probe ../secret\n");
    EXPECT_EQ(at("/app/page.html"), "500");
    server.claim("CPPCGI0015");
    write("");
    EXPECT_EQ(at("/app/page.html"), "file");
}

TEST_P(Htaccess, LoadsNoCode) {
    for (const char* line : {"CppCGILibrary /tmp/evil.so", "CppCGILibraryDir /tmp",
                             "CppCGIWritableLibraries on", "CppCGIHandler /tmp/evil.so",
                             "CppCGIHandler ../probe"}) {
        write(std::string(line) + "\n");
        EXPECT_EQ(at("/app/page.html"), "500") << line;
    }
    server.claim("CppCGILibrary not allowed here");
    server.claim("CppCGILibraryDir not allowed here");
    server.claim("CppCGIWritableLibraries not allowed here");
    server.claim("CPPCGI0020");
}

CPPCGI_ON_EVERY_MPM(Htaccess);

}  // namespace
}  // namespace cppcgi_test
