// The fixture itself, on an httpd without our module: a test that cannot fail would
// hide everything else.
#include "t/httpd/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "t/httpd/raw_socket.h"

namespace cppcgi_test {
namespace {

class PrivateServer : public HttpdTest {
protected:
    PrivateServer() { server.without_cppcgi(); }
};

TEST_P(PrivateServer, ServesAFileUnderItsOwnUser) {
    server.write("docroot/page.txt", "hello\n");
    server.start();
    const Reply reply = client().get("/page.txt");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "hello\n");
    EXPECT_EQ(reply.header("content-type"), "text/plain");
    ASSERT_FALSE(server.children().empty());
    if (!Server::user().empty()) {
        const auto child = "/proc/" + std::to_string(server.children().front());
        EXPECT_THAT(read_file(child + "/status"),
                    ::testing::Not(::testing::HasSubstr("Uid:\t0\t")));
    }
}

TEST_P(PrivateServer, ReadsItsConfigurationAnewOnGracefulAndRestart) {
    server.start("Redirect 301 /a /b");
    EXPECT_EQ(client().get("/a").status, 301);
    server.configure("Redirect 302 /a /b");
    ASSERT_TRUE(server.graceful());
    EXPECT_EQ(client().get("/a").status, 302);
    server.configure("Redirect 307 /a /b");
    ASSERT_TRUE(server.restart());
    EXPECT_EQ(client().get("/a").status, 307);
}

TEST_P(PrivateServer, SaysWhenARestartEndedIt) {
    server.start();
    server.configure("NoSuchDirective");
    EXPECT_FALSE(server.graceful());
    EXPECT_FALSE(server.running());
    server.log().allow("NoSuchDirective|AH00526");
}

TEST_P(PrivateServer, ConfigtestGivesStatusAndWords) {
    EXPECT_EQ(server.configtest("").status, 0);
    const Exit bad = server.configtest("NoSuchDirective on");
    EXPECT_EQ(bad.status, 1);
    EXPECT_THAT(bad.output, ::testing::HasSubstr("Invalid command 'NoSuchDirective'"));
}

TEST_P(PrivateServer, TellsUnclaimedLinesFromClaimedOnes) {
    server.write("docroot/secret.txt", "x", 0);
    server.start();
    EXPECT_EQ(client().get("/secret.txt").status, 403);
    if (Server::user().empty()) GTEST_SKIP() << "needs root";
    EXPECT_EQ(server.log().unclaimed().size(), 1u);
    server.claim("AH00132: file permissions deny server access");
    EXPECT_TRUE(server.log().unclaimed().empty());
    std::ofstream(server.root() / "error.log", std::ios::app) << "free(): invalid\n";
    EXPECT_EQ(server.log().unclaimed().size(), 1u);
    server.log().allow("free");
}

TEST_P(PrivateServer, TakesRawBytesAndShowsTheEnd) {
    server.write("docroot/page.txt", "hello\n");
    server.start();
    RawSocket raw(server.port());
    ASSERT_TRUE(raw.send_slowly("GET /page.txt HTTP/1.0\r\n\r\n", 9,
                                std::chrono::milliseconds(1)));
    EXPECT_THAT(raw.read_all(), ::testing::EndsWith("\r\n\r\nhello\n"));
    EXPECT_EQ(raw.ended(), RawSocket::End::closed);
}

TEST_P(PrivateServer, SpeaksTlsAndHttp2) {
    server.make_certificate();
    for (const char* module : {"ssl", "http2"}) server.load(module);
    server.write("docroot/page.txt", "hello\n");
    server.start(
        "Protocols h2 http/1.1\nSSLEngine on\nSSLCertificateFile ${ROOT}/tls.crt\n"
        "SSLCertificateKeyFile ${ROOT}/tls.key\n");
    Client tls("https://127.0.0.1:" + std::to_string(server.port()));
    const Reply reply =
        tls.send({.path = "/page.txt", .version = CURL_HTTP_VERSION_2TLS});
    EXPECT_EQ(reply.body, "hello\n") << reply.error;
    server.log().allow("AH10034");  // prefork does not do HTTP/2
}

CPPCGI_ON_EVERY_MPM(PrivateServer);

}  // namespace
}  // namespace cppcgi_test
