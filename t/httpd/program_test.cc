// A handler as a classic program, under our fallback and under mod_cgid: its answers are
// those it gives in-process, and what goes wrong is as visible as RFC 3875 lets it be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Program : public HttpdTest {
protected:
    void SetUp() override {
        server.load("cgid");
        server.install("t/cgi-bin/trouble.cgi", "bin/trouble.cgi");
        server.start(
            "ScriptSock ${ROOT}/cgid.sock\n"
            "<Directory ${ROOT}/bin>\nOptions +ExecCGI\nSetHandler cgi-script\n"
            "</Directory>\n"
            "Alias /ours ${ROOT}/bin\nAlias /cgid ${ROOT}/bin\n"
            "<Location /ours>\nCppCGIFallback exec\n</Location>\n");
    }
    Reply ask(const std::string& gateway, const std::string& path) {
        return client().get(gateway + "/trouble.cgi/" + path);
    }
};

constexpr const char* gateways[] = {"/ours", "/cgid"};

TEST_P(Program, AnswersWithStatusReasonAndLength) {
    for (const char* gateway : gateways) {
        const Reply created = ask(gateway, "created");
        EXPECT_EQ(created.status, 201) << gateway;
        EXPECT_EQ(created.body, "created") << gateway;
        EXPECT_EQ(created.header("x-created"), "yes") << gateway;
        EXPECT_EQ(ask(gateway, "reason").status, 404) << gateway;
        EXPECT_EQ(ask(gateway, "status?204").status, 204) << gateway;
        EXPECT_EQ(ask(gateway, "large?300000").body, std::string(300000, 'x'));
        EXPECT_EQ(ask(gateway, "cookies").all("set-cookie"),
                  (std::vector<std::string>{"a=1", "b=2"}));
    }
}

TEST_P(Program, AnswersHeadWithoutABody) {
    for (const char* gateway : gateways) {
        Client kept = client();
        const std::string url = std::string(gateway) + "/trouble.cgi/";
        EXPECT_EQ(kept.head(url + "large?100").status, 200) << gateway;
        EXPECT_EQ(kept.get(url + "created").body, "created") << gateway;
    }
}

TEST_P(Program, ThatThrowsIs500AndALine) {
    const std::pair<const char*, const char*> faults[] = {
        {"exception", "CPPCGI0203: handler trouble threw std::out_of_range: nothing"},
        {"int", "CPPCGI0204: handler trouble threw int"},
        {"late", "CPPCGI0203: .*before anything has left"},
        {"split", "CPPCGI0210: .*X-Split"},
        {"bad-status", "CPPCGI0210: .*999"}};
    for (const char* gateway : gateways) {
        for (const auto& [path, line] : faults) {
            const Reply reply = ask(gateway, path);
            EXPECT_EQ(reply.status, 500) << gateway << path;
            EXPECT_THAT(reply.body, HasSubstr("500 Internal Server Error"));
            EXPECT_THAT(reply.body, Not(HasSubstr("half a page")));
            EXPECT_THAT(reply.body, Not(HasSubstr("nothing there")));
            EXPECT_EQ(reply.header("set-cookie"), std::nullopt);
            server.claim(line);
        }
    }
}

TEST_P(Program, ErrorHasItsStatus) {
    for (const char* gateway : gateways) {
        EXPECT_EQ(ask(gateway, "error?404").status, 404);
        EXPECT_EQ(ask(gateway, "error?413").status, 413);
        EXPECT_EQ(ask(gateway, "error?200").status, 500);
    }
    for (const char* status : {"404", "413", "200"})
        server.claim(std::string("CPPCGI0201: handler trouble answered ") + status);
}

// mod_cgid cannot see it. Our fallback answers 500 when it has not sent anything yet.
TEST_P(Program, HalfAPageIsVisible) {
    for (const char* path : {"half", "half-by-length", "too-short"}) {
        const Reply reply = ask("/ours", path);
        EXPECT_TRUE(reply.status == 500 || reply.code != CURLE_OK) << path;
    }
    server.claim("CPPCGI0203: .*in the middle");
    server.claim("CPPCGI0211: .* 10 bytes less");
    server.claim("CPPCGI04.*signal 6");
}

TEST_P(Program, LengthThatIsTooShortCutsThePage) {
    for (const char* gateway : gateways) {
        EXPECT_EQ(ask(gateway, "too-long").body, "aaaaaaaaaabbbbbbbbbb");
        EXPECT_EQ(ask(gateway, "miscounted").body, "a page in one piece");
    }
    server.claim("CPPCGI0211: .* 5 bytes more");
}

CPPCGI_ON_EVERY_MPM(Program);

}  // namespace
}  // namespace cppcgi_test
