#include <cppcgi/events.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "t/memory_call.h"

namespace cppcgi {
namespace {

using namespace std::chrono_literals;
using cppcgi_test::Answer;
using cppcgi_test::call;
using ::testing::Contains;
using ::testing::HasSubstr;

TEST(Events, HeadIsThatOfAStream) {
    const Answer answer = call([](auto&, auto& res) {
        res.events();
        EXPECT_TRUE(res.head_sent());
    });
    EXPECT_EQ(answer.page.header("Content-Type"), "text/event-stream");
    EXPECT_EQ(answer.page.header("Cache-Control"), "no-cache");
    EXPECT_EQ(answer.page.header("Content-Length"), std::nullopt);
}

TEST(Events, EachIsFlushedWithItsFields) {
    const Answer answer = call([](auto&, auto& res) {
        auto events = res.events();
        EXPECT_TRUE(events.send("plain"));
        events.send({.data = "a\nb", .event = "tick", .id = "7", .retry = 1500ms});
        events.send({.data = "", .id = ""});
        events.send({.event = "no-data"});
        events.comment("still here\r\nand here");
    });
    EXPECT_EQ(answer.page.body,
              "data: plain\n\n"
              "retry: 1500\nid: 7\nevent: tick\ndata: a\ndata: b\n\n"
              "id: \ndata: \n\n"
              "event: no-data\n\n"
              ": still here\n: and here\n\n");
    ASSERT_EQ(answer.writes.size(), 7u);
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(answer.writes[i], 1u) << i;
}

TEST(Events, LineEndsOfAnyKindStayInTheData) {
    const Answer answer = call([](auto&, auto& res) {
        res.events().send("a\rb\r\nc\nevent: forged\n\nid: x\r");
    });
    EXPECT_EQ(answer.page.body,
              "data: a\ndata: b\ndata: c\ndata: event: forged\ndata: \ndata: id: x\n"
              "data: \n\n");
}

TEST(Events, LineEndsInIdAndNameAreRefused) {
    const Answer answer = call([](auto&, auto& res) {
        auto events = res.events();
        for (const char* bad : {"a\nb", "a\rb", "\n"}) {
            EXPECT_THROW(events.send({.data = "x", .event = bad}),
                         std::invalid_argument);
            EXPECT_THROW(events.send({.data = "x", .id = bad}), std::invalid_argument);
        }
        using namespace std::string_view_literals;
        EXPECT_THROW(events.send({.id = "a\0b"sv}), std::invalid_argument);
    });
    EXPECT_EQ(answer.page.body, "");
}

TEST(Events, LastIdIsReadBack) {
    program::MemoryRequest request;
    request.options.headers.emplace_back("Last-Event-ID", "41");
    const Answer answer = call(
        [](auto&, auto& res) {
            auto events = res.events();
            events.send(events.last_id());
        },
        request);
    EXPECT_EQ(answer.page.body, "data: 41\n\n");
    EXPECT_EQ(call([](auto&, auto& res) {
                  res.events().send(std::string(res.events().last_id()));
              }).page.status,
              200);
}

TEST(Events, WaitingKeepsTheConnectionAlive) {
    const Answer answer = call([](auto&, auto& res) {
        EXPECT_TRUE(res.events({.keep_alive = 5ms}).wait(50ms));
    });
    EXPECT_THAT(answer.page.body, HasSubstr(": \n\n"));
    EXPECT_EQ(call([](auto&, auto& res) {
                  EXPECT_TRUE(res.events({.keep_alive = 0ms}).wait(2ms));
              }).page.body,
              "");
}

TEST(Events, ClientThatLeftEndsThem) {
    program::MemoryRequest request;
    request.client_takes = 5;
    const Answer answer = call(
        [](auto&, auto& res) {
            auto events = res.events();
            EXPECT_FALSE(events.send("longer than that"));
            EXPECT_FALSE(events.wait(1h));
            EXPECT_FALSE(events.comment());
        },
        request);
    EXPECT_THAT(answer.page.log, HasSubstr("CPPCGI0205"));
}

TEST(Events, AreNotMadeForAHeadAlone) {
    program::MemoryRequest request;
    request.method = "HEAD";
    const Answer answer = call(
        [](auto&, auto& res) {
            auto events = res.events();
            EXPECT_FALSE(events.wait(1h));
            EXPECT_FALSE(events.send("x"));
        },
        request);
    EXPECT_EQ(answer.page.header("Content-Type"), "text/event-stream");
    EXPECT_EQ(answer.page.log, "");
    EXPECT_TRUE(answer.whole);
}

TEST(Events, ComeBeforeAnythingElse) {
    EXPECT_FALSE(call([](auto&, auto& res) {
                     res.flush();
                     res.events();
                 }).whole);
}

}  // namespace
}  // namespace cppcgi
