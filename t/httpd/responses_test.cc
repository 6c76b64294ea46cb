// Redirects, methods, errors with heads of their own, and pages that are not made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/raw_socket.h"
#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;

class Responses : public HttpdTest {
protected:
    void start(const std::string& config = {}) {
        std::string text = "CppCGILibrary ${TEST_HANDLERS}/pages.so\n";
        for (const std::string name :
             {"redirect", "methods", "busy", "cached", "large"})
            text += "<Location /" + name + ">\nCppCGIHandler pages:" + name +
                    "\n</Location>\n";
        server.start(text + config);
    }
};

TEST_P(Responses, RedirectAsAsked) {
    start();
    Client kept = client();
    for (const std::string code : {"301", "302", "303", "307", "308"}) {
        for (const std::string to : {"https://example.org/a?b=c", "/there", "there",
                                     "../up?x=1", "//host/a"}) {
            const Reply reply = kept.get("/redirect?" + code + "=" + to);
            EXPECT_EQ(std::to_string(reply.status), code);
            EXPECT_EQ(reply.header("Location"), to);
            EXPECT_THAT(reply.body, HasSubstr("<a href=\"" + to + "\">"));
        }
    }
    EXPECT_EQ(kept.get("/redirect?302=a%0d%0aX-B:c").status, 500);
    EXPECT_EQ(kept.get("/redirect?200=a").status, 500);
    server.claim("CPPCGI0210");
    server.claim("CPPCGI0203.*no redirect has status 200");
}

TEST_P(Responses, RedirectWithinTheServer) {
    start();
    server.write("docroot/there.html", "<p>there\n");
    Client kept = client();
    const Reply page = kept.get("/redirect?internal=/there.html");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.body, "<p>there\n");
    EXPECT_EQ(page.header("X-Dropped"), std::nullopt);
    EXPECT_EQ(page.header("Location"), std::nullopt);
    EXPECT_EQ(kept.post("/redirect", "internal=/methods").body, "page by GET");
    EXPECT_EQ(kept.get("/redirect?internal=/nowhere").status, 404);
    EXPECT_EQ(kept.head("/redirect?internal=/there.html").header("Content-Length"),
              "9");
    EXPECT_EQ(kept.get("/redirect?internal=http://other/").status, 500);
    server.claim("CPPCGI0203.*no local path to redirect to: http://other/");
    const Reply loop = kept.get("/redirect?internal=/redirect?internal%3D/redirect");
    EXPECT_GE(loop.status, 200);
    server.log().allow("CPPCGI020[13]");
}

TEST_P(Responses, RedirectToAClassicScript) {
    server.write(
        "docroot/classic.cgi",
        "#!/bin/sh\necho 'Content-Type: text/plain'; echo\n"
        "echo \"$REQUEST_METHOD $QUERY_STRING $PATH_INFO [$CONTENT_LENGTH]\"\n",
        0755);
    start(
        "<Directory ${DOCROOT}>\nOptions +ExecCGI\n"
        "AddHandler cgi-script .cgi\n</Directory>\n");
    Client kept = client();
    EXPECT_EQ(kept.get("/redirect?internal=/classic.cgi%3Fa%3Db%26c%3D%2520d").body,
              "GET a=b&c=%20d  []\n");
    EXPECT_EQ(kept.get("/redirect?internal=/classic.cgi/path/x").body,
              "GET  /path/x []\n");
    EXPECT_EQ(kept.post("/redirect", "internal=/classic.cgi?x").body, "GET x  []\n");
    EXPECT_EQ(kept.get("/redirect?internal=/%252e%252e/classic.cgi").status, 400);
    server.log().allow("AH10244: invalid URI path");
}

// All of it, but for how the body would have been framed: httpd leaves the length of its
// own pages out.
TEST_P(Responses, ToHeadHaveTheHeadOfGet) {
    server.write("docroot/there.html", "<p>there\n");
    start();
    server.log().allow("CPPCGI0201");
    Client kept = client();
    for (const std::string path : {"/redirect?301=/x", "/redirect?internal=/there.html",
                                   "/busy?503", "/busy?404", "/cached", "/large?1"}) {
        const Reply get = kept.get(path), head = kept.head(path);
        EXPECT_EQ(head.status, get.status) << path;
        EXPECT_EQ(head.body, "") << path;
        for (const auto& [name, value] : get.headers) {
            if (name == "Date" || name == "Keep-Alive" || name == "Transfer-Encoding")
                continue;
            if (name == "Content-Length" && get.status >= 400) continue;
            EXPECT_EQ(head.header(name), value) << path << " " << name;
        }
        EXPECT_LE(head.headers.size(), get.headers.size()) << path;
    }
    server.claim("CPPCGI0200: pages:cached");
}

TEST_P(Responses, SayWhichMethodsTheyTake) {
    start("ErrorDocument 404 /nothing\nTraceEnable off\n");
    Client kept = client();
    const auto ask = [&](const char* path, const char* method) {
        return kept.send({.path = path, .method = method});
    };
    EXPECT_EQ(ask("/methods", "GET").body, "page by GET");
    EXPECT_EQ(ask("/methods", "HEAD").header("Content-Length"), "12");
    EXPECT_EQ(ask("/methods", "PUT").body, "page by PUT");
    for (const char* method : {"DELETE", "POST", "PATCH", "BREW"}) {
        const Reply reply = ask("/methods", method);
        EXPECT_EQ(reply.status, 405) << method;
        ASSERT_EQ(reply.all("Allow").size(), 1u) << method;
        for (const char* allowed : {"GET", "HEAD", "PUT", "OPTIONS"})
            EXPECT_THAT(reply.all("Allow")[0], HasSubstr(allowed));
        EXPECT_EQ(reply.all("Allow")[0].find("POST"), std::string::npos);
    }
    const Reply options = ask("/methods", "OPTIONS");
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.header("Allow"), "GET, HEAD, PUT, OPTIONS");
    EXPECT_EQ(options.body, "");
    server.claim("CPPCGI0201.*answered 405: the method is not one of");
}

TEST_P(Responses, ErrorsOfAnyStatusGetTheirDocument) {
    server.write("docroot/own.html", "my own page\n");
    start("ErrorDocument 503 /own.html\nErrorDocument 405 /own.html\n");
    Client kept = client();
    for (int status = 400; status < 600; status += 7) {
        const Reply reply = kept.get("/busy?" + std::to_string(status));
        EXPECT_EQ(reply.status, status);
        EXPECT_EQ(reply.header("Retry-After"), "7") << status;
    }
    const Reply own = kept.get("/busy?503");
    EXPECT_EQ(own.status, 503);
    EXPECT_EQ(own.body, "my own page\n");
    EXPECT_EQ(own.header("Retry-After"), "7");
    const Reply refused = kept.send({.path = "/methods", .method = "DELETE"});
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.body, "my own page\n");
    EXPECT_EQ(refused.all("Allow"),
              std::vector<std::string>{"GET, HEAD, PUT, OPTIONS"});
    server.claim("CPPCGI0201");
}

TEST_P(Responses, ThatAreKnownAreNotMade) {
    start();
    Client kept = client();
    const Reply page = kept.get("/cached");
    EXPECT_EQ(page.body, "page");
    EXPECT_EQ(page.header("Cache-Control"), "public, max-age=60");
    EXPECT_EQ(page.header("ETag"), "\"v7\"");
    server.claim("CPPCGI0200: pages:cached: the page is made");
    const auto ask = [&](const std::string& header, const char* method = "GET") {
        const Reply reply =
            kept.send({.path = "/cached", .method = method, .headers = {header}});
        EXPECT_EQ(reply.header("ETag"), "\"v7\"") << header;
        return reply.status;
    };
    const std::size_t made = server.log().count("the page is made");
    EXPECT_EQ(ask("If-None-Match: \"v7\""), 304);
    EXPECT_EQ(ask("If-None-Match: W/\"v7\"", "HEAD"), 304);
    EXPECT_EQ(ask("If-Modified-Since: Fri, 02 Jan 1970 00:00:00 GMT"), 304);
    EXPECT_EQ(ask("If-Match: \"v8\""), 412);
    EXPECT_EQ(ask("If-Match: \"v8\"", "PUT"), 412);
    EXPECT_EQ(ask("If-None-Match: *", "PUT"), 412);
    EXPECT_EQ(server.log().count("the page is made"), made);
    EXPECT_EQ(ask("If-None-Match: \"v8\""), 200);
    EXPECT_EQ(server.log().count("the page is made"), made + 1);
}

// 64 MB to a client that takes a little and stops: the handler waits, the server's memory
// stays.
TEST_P(Responses, WaitForSlowClients) {
    start();
    EXPECT_EQ(client().get("/large?1").body.size(), 1u << 20);
    std::vector<std::uint64_t> before;
    const auto children = server.children();
    for (const pid_t child : children) before.push_back(memory_of(child, "VmHWM:"));
    RawSocket slow(server.port());
    slow.send("GET /large?64 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    std::size_t size = slow.read_until("\r\n\r\n").size();
    // Somebody else is served meanwhile.
    EXPECT_EQ(client().get("/large?1").body.size(), 1u << 20);
    const std::string rest = slow.read_all(std::chrono::seconds(60));
    EXPECT_GE(size + rest.size(), 64u << 20);
    for (std::size_t i = 0; i < children.size(); ++i)
        EXPECT_LT(memory_of(children[i], "VmHWM:") - before[i], 16u << 20);
}

CPPCGI_ON_EVERY_MPM(Responses);

}  // namespace
}  // namespace cppcgi_test
