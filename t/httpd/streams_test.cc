// What is flushed reaches the client: through mod_deflate and over HTTP/2, from handlers
// and from events. CPPCGI_TEST_ARRIVALS=1 measures how soon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "t/httpd/server.h"
#include "t/httpd/stream_client.h"

namespace cppcgi_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Way {
    const char* name;
    long version;
    bool compressed;
};

constexpr Way ways[] = {
    {"HTTP/1.1", CURL_HTTP_VERSION_1_1, false},
    {"HTTP/1.1, deflated", CURL_HTTP_VERSION_1_1, true},
    {"HTTP/2", CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE, false},
    {"HTTP/2, deflated", CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE, true}};

double now() {
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

class Streaming : public HttpdTest {
protected:
    void start(const std::string& config = {}) {
        server.load("filter");
        server.load("deflate");
        if (server.threaded()) server.load("http2");
        std::filesystem::create_directory(server.root() / "seen");
        server.start(
            (server.threaded() ? "Protocols h2c http/1.1\n" : "") +
            std::string(
                "CppCGILibrary ${TEST_HANDLERS}/pages.so\n"
                "SetOutputFilter DEFLATE\n"
                "<Location /pieces>\nCppCGIHandler pages:pieces\n</Location>\n"
                "<Location /events>\nCppCGIHandler pages:events\n</Location>\n"
                "<Location /endless>\nCppCGIHandler pages:endless\n</Location>\n") +
            config);
    }

    bool is_served(const Way& way) const {
        return server.threaded() || way.version == CURL_HTTP_VERSION_1_1;
    }

    StreamQuestion question(const std::string& path, const Way& way) const {
        return {.url = server.url(path),
                .version = way.version,
                .compressed = way.compressed};
    }

    std::filesystem::path seen(int piece) const {
        return server.root() / "seen" / std::to_string(piece);
    }
};

// The handler writes the next piece only after the client has seen the one before, so
// what is held back anywhere ends in an error.
TEST_P(Streaming, EachPieceArrivesBeforeTheNextIsWritten) {
    start("CppCGIParam signals ${ROOT}/seen/\n");
    for (const Way& way : ways) {
        if (!is_served(way)) continue;
        std::string text, encoding;
        int pieces = 0;
        const CURLcode code = stream(
            question("/pieces", way),
            [&](std::string_view bytes) {
                text += bytes;
                for (; text.find("piece " + std::to_string(pieces) + " ") != text.npos;
                     ++pieces)
                    std::ofstream(seen(pieces)).put('x');
                return true;
            },
            &encoding);
        EXPECT_EQ(code, CURLE_OK) << way.name;
        EXPECT_EQ(pieces, 10) << way.name;
        EXPECT_EQ(encoding, way.compressed ? "gzip" : "") << way.name;
        for (int i = 0; i < pieces; ++i) std::filesystem::remove(seen(i));
    }
}

// How long after each write its piece is there, judged only when asked for.
TEST_P(Streaming, ArrivesWithinFiftyMilliseconds) {
    if (!std::getenv("CPPCGI_TEST_ARRIVALS"))
        GTEST_SKIP() << "set CPPCGI_TEST_ARRIVALS=1 on a quiet machine";
    start();
    for (const Way& way : ways) {
        if (!is_served(way)) continue;
        std::string text;
        std::vector<double> delays;
        stream(question("/pieces", way), [&](std::string_view bytes) {
            const double arrived = now();
            text += bytes;
            for (std::size_t end; (end = text.find('\n')) != text.npos;) {
                delays.push_back(arrived -
                                 std::atof(text.c_str() + text.find("at ") + 3));
                text.erase(0, end + 1);
            }
            return true;
        });
        ASSERT_EQ(delays.size(), 10u) << way.name;
        const double worst = *std::max_element(delays.begin(), delays.end());
        std::printf("  %-20s slowest of ten pieces %.2f ms\n", way.name, worst);
        EXPECT_LT(worst, 50) << way.name;
    }
}

TEST_P(Streaming, EventsArriveWholeAndGoOn) {
    start();
    for (const Way& way : ways) {
        if (!is_served(way)) continue;
        std::string text;
        EXPECT_EQ(stream(question("/events?3", way),
                         [&](std::string_view bytes) {
                             text += bytes;
                             return true;
                         }),
                  CURLE_OK)
            << way.name;
        for (int i = 0; i < 3; ++i)
            EXPECT_THAT(text, HasSubstr("id: " + std::to_string(i) +
                                        "\nevent: tick\ndata: line one\n"
                                        "data: line two\n\n"));
        EXPECT_THAT(text, HasSubstr(": \n\n")) << "keep-alive";
    }
    const Reply head = client().head("/endless");
    EXPECT_EQ(head.header("Content-Type"), "text/event-stream");
    server.claim("the listener has left");
    const Reply again = client().get("/events?1", {"Last-Event-ID: 41"});
    EXPECT_THAT(again.body, HasSubstr("id: 42\n"));
    EXPECT_EQ(again.header("Content-Type"), "text/event-stream");
    EXPECT_EQ(again.header("Cache-Control"), "no-cache");
}

TEST_P(Streaming, EventsNoticeWhoLeft) {
    start("LogLevel info\n");
    for (const Way& way : ways) {
        if (!is_served(way)) continue;
        const std::size_t before = server.log().count("the listener has left");
        stream(question("/endless", way), [](std::string_view) { return false; });
        // Long before the handler would give up by itself.
        for (int i = 0;
             i < 1000 && server.log().count("the listener has left") == before; ++i)
            ::usleep(10000);
        EXPECT_EQ(server.log().count("the listener has left"), before + 1) << way.name;
    }
    server.claim("the listener has left");
}

CPPCGI_ON_EVERY_MPM(Streaming);

}  // namespace
}  // namespace cppcgi_test
