// What a script may do with its body and its answer, the same on HTTP/1.0, 1.1 and 2: the
// rows of "Where today's modules fall short" that hang on the protocol.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;

class ScriptVersions : public ScriptTest {
protected:
    void start_with(const std::string& more = {}) {
        if (server.threaded()) server.load("http2");
        start((server.threaded() ? "Protocols h2c http/1.1\n" : "") + more);
    }
    // Calls act(version), and afterwards the next request must be served, on the same
    // connection where the version keeps one.
    template <typename Act>
    void on_each(Act act) {
        script("next.cgi", "echo; echo next");
        std::vector<long> versions = {CURL_HTTP_VERSION_1_0, CURL_HTTP_VERSION_1_1};
        if (server.threaded()) versions.push_back(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
        for (const long version : versions) {
            SCOPED_TRACE("HTTP version " + std::to_string(version));
            Client kept = client();
            const auto send = [&](Question question) {
                question.version = version;
                // curl 7.88 cannot reuse a connection of HTTP/2 that began as one.
                if (version == CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
                    return client().send(question);
                return kept.send(question);
            };
            act(send);
            EXPECT_EQ(send({.path = "/next.cgi"}).body, "next\n");
        }
    }
    static Question post(const std::string& path, std::size_t size) {
        return {.path = path, .method = "POST", .body = std::string(size, 'x')};
    }
};

TEST_P(ScriptVersions, BodyMayStayUnread) {
    script("a.cgi", "echo; echo done");
    script("b.cgi", "exec <&-; echo; echo done");
    start_with();
    on_each([](const auto& send) {
        for (const char* path : {"/a.cgi", "/b.cgi"})
            for (const std::size_t size : {100u, 5000000u})
                EXPECT_EQ(send(post(path, size)).body, "done\n") << path << size;
    });
}

TEST_P(ScriptVersions, InputAndOutputMove) {
    script("echo.cgi", "echo; cat");
    script("first.cgi", "echo; head -c 1000000 /dev/zero; cat | wc -c");
    start_with();
    on_each([](const auto& send) {
        EXPECT_EQ(send(post("/echo.cgi", 2000000)).body, std::string(2000000, 'x'));
        EXPECT_EQ(send(post("/first.cgi", 1000000)).body,
                  std::string(1000000, '\0') + "1000000\n");
    });
}

TEST_P(ScriptVersions, LongHeadsPass) {
    const std::string value(65000, 'v');
    server.write("docroot/value", value);
    script("a.cgi", "printf 'X-Long: '; cat value; echo; echo; echo body");
    start_with();
    on_each([&](const auto& send) {
        const Reply reply = send({.path = "/a.cgi"});
        EXPECT_EQ(reply.header("x-long"), value) << reply.error;
        EXPECT_EQ(reply.body, "body\n");
    });
}

TEST_P(ScriptVersions, FaultsHaveTheirStatus) {
    script("early.cgi", "echo 'Status: 103 Early Hints'; echo");
    script("none.cgi", "exit 3");
    script("slow.cgi", "sleep 30");
    script("killed.cgi", "kill -9 $$");
    start_with("CppCGITimeout 400ms\n");
    on_each([](const auto& send) {
        EXPECT_EQ(send({.path = "/early.cgi"}).status, 500);
        EXPECT_EQ(send({.path = "/none.cgi"}).status, 500);
        EXPECT_EQ(send({.path = "/killed.cgi"}).status, 500);
        EXPECT_EQ(send({.path = "/slow.cgi"}).status, 504);
    });
    for (const char* line : {"CPPCGI0420", "CPPCGI0400: .*exit code 3",
                             "CPPCGI0428: .*signal 9", "CPPCGI0403"})
        server.claim(line);
}

TEST_P(ScriptVersions, BrokenAnswersLookBroken) {
    script("killed.cgi", "echo; echo half; sleep 0.2; kill -9 $$");
    script("slow.cgi", "echo; echo half; sleep 30");
    start_with("CppCGITimeout 400ms\n");
    on_each([](const auto& send) {
        for (const char* path : {"/killed.cgi", "/slow.cgi"}) {
            const Reply reply = send({.path = path});
            EXPECT_NE(reply.code, CURLE_OK) << path;
            EXPECT_EQ(reply.body, "half\n") << path;
        }
    });
    server.claim("CPPCGI0430");
    server.claim("CPPCGI0404");
}

TEST_P(ScriptVersions, ClientThatLeavesEndsTheScript) {
    script("a.cgi", "echo $$ >$W/$QUERY_STRING; sleep 60; :");
    start_with();
    int number = 0;
    on_each([&](const auto& send) {
        const std::string name = std::to_string(number++);
        Question question{.path = "/a.cgi?" + name};
        question.timeout_ms = 500;
        EXPECT_EQ(send(question).code, CURLE_OPERATION_TIMEDOUT);
        EXPECT_TRUE(ends(name, 8000));
    });
}

// Server-sent events are compressed for who takes it and plain for others; httpd's filter
// is told to flush in both cases.
TEST_P(ScriptVersions, EventsArriveOneByOneBelowDeflate) {
    server.load("filter");
    server.load("deflate");
    script("a.cgi",
           "echo 'Content-Type: text/event-stream'; echo\n"
           "echo data: 1; until [ -e $W/$QUERY_STRING ]; do sleep 0.05; done; echo "
           "data: 2");
    start_with("AddOutputFilterByType DEFLATE text/event-stream text/html\n");
    int number = 0;
    on_each([&](const auto& send) {
        for (const char* encoding : {"gzip", "identity"}) {
            const std::string name = "go" + std::to_string(number++);
            Question question{.path = "/a.cgi?" + name,
                              .headers = {std::string("Accept-Encoding: ") + encoding}};
            question.timeout_ms = 1500;
            // What has come when the time is over was sent while the script waited.
            const Reply reply = send(question);
            EXPECT_EQ(reply.status, 200);
            EXPECT_FALSE(reply.body.empty()) << encoding;
            if (*encoding == 'i') {
                EXPECT_EQ(reply.body, "data: 1\n");
            } else {
                EXPECT_EQ(reply.header("content-encoding"), "gzip");
            }
        }
    });
}

CPPCGI_ON_EVERY_MPM(ScriptVersions);

}  // namespace
}  // namespace cppcgi_test
