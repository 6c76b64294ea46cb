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

#include "t/httpd/http2_connection.h"
#include "t/httpd/server.h"
#include "t/httpd/stream_client.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;

struct Way {
    const char* name;
    bool http2, compressed;
};

constexpr Way ways[] = {{"HTTP/1.1", false, false},
                        {"HTTP/1.1, deflated", false, true},
                        {"HTTP/2", true, false},
                        {"HTTP/2, deflated", true, true}};

double now() {
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

constexpr char no_http2[] = "mod_http2 asks for threads";

class Streaming : public HttpdTest {
protected:
    void start(const std::string& config = {}) {
        server.load("filter");
        server.load("deflate");
        if (server.threaded()) server.load("http2");
        std::filesystem::create_directory(server.root() / "seen");
        std::filesystem::permissions(server.root() / "seen",
                                     std::filesystem::perms::all);
        std::string text = server.threaded() ? "Protocols h2c http/1.1\n" : "";
        text += "CppCGILibrary ${TEST_HANDLERS}/pages.so\nSetOutputFilter DEFLATE\n";
        for (const std::string name :
             {"pieces", "ticks", "events", "endless", "flood", "large"})
            text += "<Location /" + name + ">\nCppCGIHandler pages:" + name +
                    "\n</Location>\n";
        server.start(text + config);
    }

    // The ways that this MPM can serve. The tests of HTTP/2 alone are skipped where there
    // is none.
    std::vector<Way> served() const {
        return {ways, ways + (server.threaded() ? std::size(ways) : 2)};
    }

    StreamQuestion question(const std::string& path, const Way& way) const {
        return {.port = server.port(),
                .path = path,
                .http2 = way.http2,
                .compressed = way.compressed};
    }

    std::filesystem::path seen(int piece) const {
        return server.root() / "seen" / std::to_string(piece);
    }

    // The handler writes the next piece only after the client has seen the one before,
    // so what is held back anywhere ends in an error.
    void expect_one_by_one(const std::string& path, const Way& way) {
        std::string text;
        int pieces = 0;
        const StreamAnswer answer =
            stream(question(path, way), [&](std::string_view bytes) {
                text += bytes;
                for (; text.find("piece " + std::to_string(pieces) + " ") != text.npos;
                     ++pieces)
                    std::ofstream(seen(pieces)).put('x');
                return true;
            });
        EXPECT_EQ(answer.end, StreamEnd::whole) << path << " " << way.name;
        EXPECT_EQ(pieces, 10) << path << " " << way.name;
        EXPECT_EQ(answer.encoding, way.compressed ? "gzip" : "") << way.name;
        for (int i = 0; i < pieces; ++i) std::filesystem::remove(seen(i));
    }

    // Milliseconds between each write and its arrival.
    std::vector<double> delays(const std::string& path, const Way& way) {
        std::string text;
        std::vector<double> all;
        stream(question(path, way), [&](std::string_view bytes) {
            const double arrived = now();
            text += bytes;
            for (std::size_t end; (end = text.find('\n')) != text.npos;) {
                const std::size_t at = text.find("at ");
                if (at < end) all.push_back(arrived - std::atof(text.c_str() + at + 3));
                text.erase(0, end + 1);
            }
            return true;
        });
        return all;
    }
};

TEST_P(Streaming, EachPieceArrivesBeforeTheNextIsWritten) {
    start("CppCGIParam signals ${ROOT}/seen/\n");
    for (const Way& way : served())
        for (const char* path : {"/pieces", "/ticks"}) expect_one_by_one(path, way);
}

// How long after each write its piece is there, judged only when asked for.
TEST_P(Streaming, ArrivesWithinFiftyMilliseconds) {
    if (!std::getenv("CPPCGI_TEST_ARRIVALS"))
        GTEST_SKIP() << "set CPPCGI_TEST_ARRIVALS=1 on a quiet machine";
    start();
    for (const Way& way : served()) {
        for (const char* path : {"/pieces", "/ticks"}) {
            const std::vector<double> all = delays(path, way);
            ASSERT_EQ(all.size(), 10u) << path << " " << way.name;
            const double worst = *std::max_element(all.begin(), all.end());
            std::printf("  %-8s %-20s slowest of ten pieces %.2f ms\n", path, way.name,
                        worst);
            EXPECT_LT(worst, 50) << path << " " << way.name;
        }
    }
}

TEST_P(Streaming, EventsArriveWholeAndGoOn) {
    start();
    for (const Way& way : served()) {
        std::string text;
        const auto keep = [&](std::string_view bytes) {
            text += bytes;
            return true;
        };
        EXPECT_EQ(stream(question("/events?3", way), keep).end, StreamEnd::whole)
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
    start();
    for (const Way& way : served()) {
        const std::size_t before = server.log().count("the listener has left");
        EXPECT_EQ(
            stream(question("/endless", way), [](std::string_view) { return false; })
                .end,
            StreamEnd::left);
        // Long before the handler would give up by itself.
        EXPECT_TRUE(poll_until([&] {
            return server.log().count("the listener has left") == before + 1;
        })) << way.name;
    }
    server.claim("the listener has left");
}

TEST_P(Streaming, AStreamThatIsResetIsAClientThatLeft) {
    if (!server.threaded()) GTEST_SKIP() << no_http2;
    start();
    Http2Connection connection(server.port());
    const std::int32_t endless = connection.ask("/endless");
    ASSERT_TRUE(
        connection.run_until([&] { return !connection.stream(endless).body.empty(); }));
    connection.reset(endless);
    server.claim("the listener has left");
    EXPECT_EQ(server.log().count("the listener is still there"), 0u);
    const std::int32_t next = connection.ask("/large?1");
    EXPECT_TRUE(connection.run_to_end(next)) << "the connection lives on";
    EXPECT_EQ(connection.stream(next).size, 1u << 20);
}

// 64 MB on a stream whose window stays closed: the handler waits and the memory stays,
// while other streams of the connection are served.
TEST_P(Streaming, AClosedWindowHoldsTheHandler) {
    if (!server.threaded()) GTEST_SKIP() << no_http2;
    constexpr int megabytes = 64;
    constexpr std::size_t window = 65535;
    start("CppCGIParam written ${ROOT}/seen/written\n");
    Http2Connection connection(server.port(), Http2Connection::Windows::by_hand);
    const auto fetch = [&](const std::string& path) {
        const std::int32_t id = connection.ask(path);
        Http2Connection::Stream& stream = connection.stream(id);
        stream.arrived = [&](std::string_view bytes) {
            connection.open_window(id, bytes.size());
        };
        EXPECT_TRUE(connection.run_to_end(id)) << path;
        return stream.size;
    };
    EXPECT_EQ(fetch("/large?4"), 4u << 20);
    std::vector<std::uint64_t> before;
    const auto children = server.children();
    for (const pid_t child : children) before.push_back(memory_of(child, "VmHWM:"));

    const std::int32_t id = connection.ask("/flood?" + std::to_string(megabytes));
    Http2Connection::Stream& flood = connection.stream(id);
    // The window of the connection is not the stream's.
    flood.arrived = [&](std::string_view bytes) {
        connection.open_connection(bytes.size());
    };
    ASSERT_TRUE(connection.run_until([&] { return flood.size == window; }));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(fetch("/large?1"), 1u << 20);
    EXPECT_EQ(flood.size, window);
    EXPECT_LT(std::atoi(read_file(server.root() / "seen/written").c_str()), megabytes);

    flood.arrived = [&](std::string_view bytes) {
        connection.open_window(id, bytes.size());
    };
    connection.open_stream(id, window);
    EXPECT_TRUE(connection.run_to_end(id, std::chrono::seconds(60)));
    EXPECT_EQ(flood.size, std::uint64_t{megabytes} << 20);
    EXPECT_EQ(std::atoi(read_file(server.root() / "seen/written").c_str()), megabytes);
    if (!sanitizer().empty()) return;  // it keeps memory of its own
    for (std::size_t i = 0; i < children.size(); ++i)
        EXPECT_LT(memory_of(children[i], "VmHWM:") - before[i], 16u << 20);
}

CPPCGI_ON_EVERY_MPM(Streaming);

}  // namespace
}  // namespace cppcgi_test
