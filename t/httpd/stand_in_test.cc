// Handlers that stand in for something else: subrequests, SSI elements, ErrorDocuments.
// They see a GET without a body, and leave the head of the page around them alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/server.h"
#include "t/httpd/variables.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;

class StandIn : public HttpdTest {
protected:
    void start(const std::string& config) {
        server.start(
            "CppCGILibrary ${TEST_HANDLERS}/probe.so\nCppCGILibrary "
            "${TEST_HANDLERS}/trouble.so\n" +
            config);
    }
};

constexpr const char* includes =
    "AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml\n"
    "<Directory ${DOCROOT}>\nOptions +Includes\n</Directory>\n"
    "<Location /probe>\nCppCGIHandler probe\n</Location>\n"
    "<Location /trouble>\nCppCGIHandler trouble\n</Location>\n";

TEST_P(StandIn, IsIncludedWithoutTheBodyAndHeadOfThePage) {
    server.load("include");
    server.write("docroot/page.shtml", "(<!--#include virtual=\"/probe?q\"-->)");
    start(includes);
    const Reply reply = client().post("/page.shtml?outer", "name=value");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("content-type"), "text/html");
    EXPECT_THAT(reply.body, HasSubstr("(handler=probe\n"));
    const Variables found(reply);
    EXPECT_EQ(found["REQUEST_METHOD"], "GET");
    EXPECT_EQ(found["QUERY_STRING"], "q");
    EXPECT_EQ(found["CONTENT_LENGTH"], "(none)");
    EXPECT_EQ(found["CONTENT_TYPE"], "(none)");
    EXPECT_EQ(found["SERVER_PROTOCOL"], "INCLUDED");
}

TEST_P(StandIn, IncludedSetsNoStatusAndHeadersOfThePage) {
    server.load("include");
    server.write("docroot/page.shtml",
                 "(<!--#include virtual=\"/trouble/created\"-->)");
    start(includes);
    const Reply reply = client().get("/page.shtml");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("x-created"), std::nullopt);
    EXPECT_EQ(reply.body, "(created)");
}

TEST_P(StandIn, IncludedThatFailsLeavesThePageStanding) {
    server.load("include");
    server.write("docroot/page.shtml",
                 "(<!--#include virtual=\"/trouble/exception\"-->)");
    start(includes);
    const Reply reply = client().get("/page.shtml");
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.body, HasSubstr("("));
    server.claim("CPPCGI0203.*out_of_range");
    server.log().allow("unable to include");
}

TEST_P(StandIn, AnErrorDocumentIsAGetWithTheStatusOfTheError) {
    start(
        "ErrorDocument 404 /error?code\n"
        "<Location /error>\nCppCGIHandler probe\n</Location>\n");
    const Reply reply = client().post("/missing?q", "name=value");
    EXPECT_EQ(reply.status, 404);
    const Variables found(reply);
    EXPECT_EQ(found["handler"], "probe");
    EXPECT_EQ(found["REQUEST_METHOD"], "GET");
    EXPECT_EQ(found["QUERY_STRING"], "code");
    EXPECT_EQ(found["CONTENT_LENGTH"], "(none)");
    EXPECT_EQ(found["CONTENT_TYPE"], "(none)");
    EXPECT_EQ(found["SCRIPT_NAME"], "/error");
    EXPECT_EQ(found["REDIRECT_STATUS"], "404");
    EXPECT_EQ(found["REDIRECT_URL"], "/missing");
    EXPECT_EQ(found["REDIRECT_QUERY_STRING"], "q");
    EXPECT_EQ(client().get("/missing").status, 404);
    EXPECT_EQ(client().head("/missing").status, 404);
}

TEST_P(StandIn, AnErrorDocumentMaySetAStatusOfItsOwn) {
    start(
        "ErrorDocument 404 /trouble/created\n"
        "<Location /trouble>\nCppCGIHandler trouble\n</Location>\n");
    EXPECT_EQ(client().get("/missing").status, 201);
}

TEST_P(StandIn, AnErrorDocumentForAHandlersErrorIsAnotherHandler) {
    start(
        "ErrorDocument 403 /error?a\nErrorDocument 500 /error\n"
        "<Location /error>\nCppCGIHandler probe\n</Location>\n"
        "<Location /trouble>\nCppCGIHandler trouble\n</Location>\n");
    const Reply forbidden = client().get("/trouble/error?403");
    EXPECT_EQ(forbidden.status, 403);
    EXPECT_EQ(Variables(forbidden)["REDIRECT_STATUS"], "403");
    const Reply failed = client().get("/trouble/exception");
    EXPECT_EQ(failed.status, 500);
    EXPECT_EQ(Variables(failed)["REDIRECT_URL"], "/trouble/exception");
    server.claim("CPPCGI0201.*403");
    server.claim("CPPCGI0203");
}

TEST_P(StandIn, AnInternalRedirectKeepsTheBody) {
    server.load("rewrite");
    start(
        "RewriteEngine on\nRewriteRule ^/old$ /echo [PT]\n"
        "<Directory ${DOCROOT}>\nRewriteEngine on\nRewriteRule ^older$ /echo\n"
        "</Directory>\n"
        "<Location /echo>\nCppCGIHandler trouble:echo\n</Location>\n");
    for (const char* path : {"/old", "/older"}) {
        const Reply reply = client().post(path, "name=value");
        EXPECT_EQ(reply.status, 200) << path;
        EXPECT_EQ(reply.body, "10 name=value") << path;
    }
}

CPPCGI_ON_EVERY_MPM(StandIn);

}  // namespace
}  // namespace cppcgi_test
