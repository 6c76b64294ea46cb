// Handlers among httpd's other modules: authentication, TLS, mod_remoteip, HTTP/2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/server.h"
#include "t/httpd/variables.h"

namespace cppcgi_test {
namespace {

using ::testing::StartsWith;

class Neighbours : public HttpdTest {
protected:
    void start(const std::string& config) {
        server.start("CppCGILibrary ${TEST_HANDLERS}/probe.so\n" + config);
    }
};

TEST_P(Neighbours, GiveTheUserWhoLoggedIn) {
    for (const char* module : {"auth_basic", "authn_core", "authn_file", "authz_user"})
        server.load(module);
    server.write("users", "joe:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n");  // "password"
    start(
        "<Location /app>\nCppCGIHandler probe\nAuthType Basic\nAuthName a\n"
        "AuthUserFile ${ROOT}/users\nRequire valid-user\n</Location>\n");
    const Reply refused = client().get("/app");
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.header("www-authenticate"), "Basic realm=\"a\"");
    const Variables found(
        client().get("/app", {"Authorization: Basic am9lOnBhc3N3b3Jk"}));
    EXPECT_EQ(found["REMOTE_USER"], "joe");
    EXPECT_EQ(found["AUTH_TYPE"], "Basic");
    EXPECT_EQ(found["HTTP_AUTHORIZATION"], "(none)");
}

TEST_P(Neighbours, GiveTheVariablesOfTls) {
    server.make_certificate();
    server.load("ssl");
    start(
        "SSLEngine on\nSSLCertificateFile ${ROOT}/tls.crt\n"
        "SSLCertificateKeyFile ${ROOT}/tls.key\n"
        "<Location /app>\nCppCGIHandler probe\n</Location>\n"
        "<Location /ask>\nCppCGIHandler probe:ask\n</Location>\n"
        "<Location /app/std>\nSSLOptions +StdEnvVars\n</Location>\n");
    Client tls("https://127.0.0.1:" + std::to_string(server.port()));
    const Variables plain(tls.get("/app"));
    EXPECT_EQ(plain["HTTPS"], "on");
    EXPECT_EQ(plain["SERVER_PORT"], std::to_string(server.port()));
    EXPECT_EQ(plain["SSL_PROTOCOL"], "(none)");
    EXPECT_THAT(Variables(tls.get("/app/std"))["SSL_PROTOCOL"], StartsWith("TLSv1"));
    // Asked for by name they need no StdEnvVars.
    const Variables asked(
        tls.get("/ask?HTTPS+SSL_PROTOCOL+SSL_SERVER_S_DN_CN+SSL_NO_SUCH"));
    EXPECT_EQ(asked["HTTPS"], "on");
    EXPECT_THAT(asked["SSL_PROTOCOL"], StartsWith("TLSv1"));
    EXPECT_EQ(asked["SSL_SERVER_S_DN_CN"], "localhost");
    EXPECT_EQ(asked["SSL_NO_SUCH"], "(unset)");
}

TEST_P(Neighbours, GiveTheAddressBehindAProxy) {
    server.load("remoteip");
    start(
        "RemoteIPHeader X-Real-IP\nRemoteIPInternalProxy 127.0.0.1\n"
        "<Location /app>\nCppCGIHandler probe\n</Location>\n"
        "<Location /ask>\nCppCGIHandler probe:ask\n</Location>\n");
    const Headers headers = {"X-Real-IP: 192.0.2.7"};
    EXPECT_EQ(Variables(client().get("/app", headers))["REMOTE_ADDR"], "192.0.2.7");
    EXPECT_EQ(client().get("/ask?REMOTE_ADDR", headers).body,
              "REMOTE_ADDR=192.0.2.7\n");
}

class Http2 : public Neighbours {
protected:
    Reply send(Question question) {
        question.version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
        return client().send(question);
    }
};

TEST_P(Http2, ServesPagesAndForms) {
    if (!server.threaded()) GTEST_SKIP() << "mod_http2 asks for threads";
    server.load("http2");
    start(
        "Protocols h2c http/1.1\nCppCGILibrary ${TEST_HANDLERS}/trouble.so\n"
        "<Location /app>\nCppCGIHandler probe\n</Location>\n"
        "<Location /trouble>\nCppCGIHandler trouble\n</Location>\n"
        "<Location /echo>\nCppCGIHandler trouble:echo\n</Location>\n"
        "<Location /form>\nCppCGIHandler trouble:form\n</Location>\n"
        "CppCGIParam file ${BUILD}/t/handlers/probe.so\n"
        "<Location /file>\nCppCGIHandler trouble:file\n</Location>\n");
    const Reply page =
        send({.path = "/app/x", .headers = {"Cookie: a=b", "Cookie: c=d"}});
    EXPECT_EQ(page.status, 200) << page.error;
    EXPECT_EQ(Variables(page)["SERVER_PROTOCOL"], "HTTP/2.0");
    EXPECT_EQ(Variables(page)["PATH_INFO"], "/x");
    EXPECT_EQ(Variables(page)["HTTP_COOKIE"], "a=b; c=d");
    const std::string body(100000, 'b');
    EXPECT_EQ(send({.path = "/echo", .method = "POST", .body = body}).body,
              "100000 " + body);
    EXPECT_EQ(
        send({.path = "/form",
              .method = "POST",
              .parts = {{.name = "f", .data = "x", .filename = "f", .filler = 200000}}})
            .body,
        "f=200001\n");
    EXPECT_EQ(send({.path = "/trouble/large?200000"}).body, std::string(200000, 'x'));
    EXPECT_EQ(send({.path = "/file"}).body,
              read_file(build_dir() / "t/handlers/probe.so"));
    const Reply head = send({.path = "/trouble/large?10", .method = "HEAD"});
    EXPECT_EQ(head.header("content-length"), "10");
}

TEST_P(Http2, AnswersReadablyWhateverIsLeftUnread) {
    if (!server.threaded()) GTEST_SKIP() << "mod_http2 asks for threads";
    server.load("http2");
    start(
        "Protocols h2c http/1.1\nCppCGILibrary ${TEST_HANDLERS}/trouble.so\n"
        "CppCGIMaxBody 10K\n"
        "<Location /trouble>\nCppCGIHandler trouble\n</Location>\n"
        "<Location /unread>\nCppCGIHandler trouble:unread\n</Location>\n"
        "<Location /form>\nCppCGIHandler trouble:form\n</Location>\n");
    const std::string body(200000, 'x');
    const auto post = [&](const std::string& path) {
        const Reply reply = send({.path = path, .method = "POST", .body = body});
        EXPECT_EQ(reply.code, CURLE_OK) << path << ": " << reply.error;
        return reply;
    };
    EXPECT_EQ(post("/unread").body, "unread");
    const Reply refused = post("/form");
    EXPECT_EQ(refused.status, 413);
    EXPECT_THAT(refused.body, ::testing::HasSubstr("</html>"));
    EXPECT_EQ(post("/trouble/exception").status, 500);
    EXPECT_EQ(post("/trouble/error?403").status, 403);
    server.claim("CPPCGI020[123]");
}

TEST_P(Http2, ShowsAPageThatBreaksOff) {
    if (!server.threaded()) GTEST_SKIP() << "mod_http2 asks for threads";
    server.load("http2");
    start(
        "Protocols h2c http/1.1\nCppCGILibrary ${TEST_HANDLERS}/trouble.so\n"
        "<Location /trouble>\nCppCGIHandler trouble\n</Location>\n");
    for (const char* path :
         {"/trouble/half", "/trouble/half-by-length", "/trouble/too-short"}) {
        const Reply reply = send({.path = path});
        EXPECT_EQ(reply.code, CURLE_HTTP2_STREAM) << path << ": " << reply.error;
    }
    EXPECT_EQ(send({.path = "/trouble/late"}).status, 500);
    EXPECT_EQ(send({.path = "/trouble/status?200"}).body, "page");
    server.claim("CPPCGI0203");
    server.claim("CPPCGI0211.*10 bytes less");
}

CPPCGI_ON_EVERY_MPM(Neighbours);
CPPCGI_ON_EVERY_MPM(Http2);

}  // namespace
}  // namespace cppcgi_test
