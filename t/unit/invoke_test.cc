#include <cppcgi/handler.h>

#include <cppcgi/cgitb.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>

#include "t/memory_call.h"
#include "t/scratch_directory.h"

namespace cppcgi {
namespace {

using cppcgi_test::Answer;
using cppcgi_test::call;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Invoke, HandlerThatReturnsHasNoCause) {
    const Answer answer = call([](auto&, auto& res) { res << "page"; });
    EXPECT_EQ(answer.outcome.cause, CPPCGI_CAUSE_NONE);
    EXPECT_EQ(answer.outcome.head_sent, 1);
    EXPECT_EQ(answer.page.status, 200);
    EXPECT_EQ(answer.page.body, "page");
    EXPECT_EQ(answer.page.log, "");
}

TEST(Invoke, ErrorGivesItsStatus) {
    const Answer answer = call([](auto&, auto& res) {
        res << "dropped";
        throw Error(404, "no such page");
    });
    EXPECT_EQ(answer.outcome.cause, CPPCGI_CAUSE_ERROR);
    EXPECT_EQ(answer.page.status, 404);
    EXPECT_THAT(answer.page.body, Not(HasSubstr("dropped")));
    EXPECT_THAT(answer.page.body, Not(HasSubstr("no such page")));
    EXPECT_EQ(answer.page.log, "CPPCGI0201: handler test answered 404: no such page\n");
}

TEST(Invoke, LimitIsNamedWithItsValue) {
    const Answer answer = call([](auto&, auto&) {
        throw Error(Fault{errc::max_body, 4711});
    });
    EXPECT_EQ(answer.outcome.cause, CPPCGI_CAUSE_LIMIT);
    EXPECT_EQ(answer.page.status, 413);
    EXPECT_STREQ(answer.outcome.limit, "CppCGIMaxBody");
    EXPECT_EQ(answer.outcome.limit_value, 4711u);
    EXPECT_THAT(answer.page.log, HasSubstr("CppCGIMaxBody is 4711"));
}

TEST(Invoke, ExceptionIsNamedInTheLogOnly) {
    const Answer answer = call([](auto&, auto&) { throw std::out_of_range("secret"); });
    EXPECT_EQ(answer.outcome.cause, CPPCGI_CAUSE_EXCEPTION);
    EXPECT_EQ(answer.page.status, 500);
    EXPECT_THAT(answer.page.log, HasSubstr("threw std::out_of_range: secret"));
    EXPECT_THAT(answer.page.body, Not(HasSubstr("secret")));
}

TEST(Invoke, IntIsNamed) {
    const Answer answer = call([](auto&, auto&) { throw 42; });
    EXPECT_EQ(answer.outcome.cause, CPPCGI_CAUSE_UNKNOWN);
    EXPECT_STREQ(answer.outcome.type, "int");
    EXPECT_EQ(answer.page.status, 500);
}

TEST(Invoke, PlaceOfTheThrowIsRecorded) {
    const Answer answer = call([](auto&, auto&) { throw std::out_of_range("deep"); });
    EXPECT_GT(answer.outcome.frame_count, 0u);
    EXPECT_LT(answer.outcome.frame_count, 30u);
    EXPECT_THAT(answer.page.log, HasSubstr("; report "));
    const Answer error = call([](auto&, auto&) { throw Error(404, "no such page"); });
    EXPECT_THAT(error.page.log, Not(HasSubstr("; report ")));
}

TEST(Invoke, CaughtExceptionIsNotRecorded) {
    const Answer answer = call([](auto&, auto& res) {
        try {
            throw 42;
        } catch (int) {
        }
        res << "page";
    });
    EXPECT_EQ(answer.outcome.cause, CPPCGI_CAUSE_NONE);
    EXPECT_EQ(answer.outcome.frame_count, 0u);
}

TEST(Invoke, HostWithoutRoomForFramesIsLeftAlone) {
    cppcgi_outcome outcome{};
    outcome.size = offsetof(cppcgi_outcome, frame_count);
    outcome.frame_count = 4711;
    detail::invoke_hook([] { throw std::runtime_error("hook"); }, &outcome);
    EXPECT_EQ(outcome.frame_count, 4711u);
    EXPECT_EQ(outcome.frames[0], 0u);
    EXPECT_STREQ(outcome.what, "hook");
}

// An upgraded libcppcgi under the module that is still running.
TEST(Invoke, HostFromBeforeTheLaterFunctionsServesAsItCan) {
    cppcgi_gateway old{};
    constexpr std::size_t size = offsetof(cppcgi_gateway, describe_file);
    std::memcpy(static_cast<void*>(&old), &program::program_gateway, size);
    old.size = size;
    const auto ask = [&](HandlerFunction handler) {
        return call(handler, {}, old).page;
    };
    EXPECT_EQ(ask([](auto&, auto& res) { res << "page"; }).body, "page");
    static std::string path;
    const cppcgi_test::ScratchDirectory folder;
    path = folder.write("page.css", "a file");
    const testing::Page file = ask([](auto&, auto& res) { res.send_file(path); });
    EXPECT_EQ(file.body, "a file");
    EXPECT_EQ(file.header("Content-Type"), "text/css");
    EXPECT_NE(file.header("ETag"), std::nullopt);
    const testing::Page busy = ask([](auto&, auto&) {
        throw Error(503, "full").retry_after(std::chrono::seconds(1));
    });
    EXPECT_EQ(busy.status, 503);
    EXPECT_EQ(busy.header("Retry-After"), std::nullopt);
    EXPECT_THAT(ask([](auto&, auto& res) { res.internal_redirect("/there"); }).log,
                HasSubstr("the host cannot redirect to /there"));
    EXPECT_THAT(ask([](auto&, auto&) { throw std::out_of_range("deep"); }).log,
                HasSubstr("threw std::out_of_range: deep"));
}

TEST(Invoke, HandlerMayShowItsReport) {
    const Answer answer = call(
        [](auto& req, auto& res) {
            cgitb::enable();
            // In two pieces: the report shows these lines.
            res << "<!-- half "
                   "a page";
            req.form();
            throw std::out_of_range("<b>" + std::string(req.query_string()));
        },
        {.url = "/x?password=hunter"
                "22&a=%3Ci%3E"});
    EXPECT_EQ(answer.page.status, 500);
    EXPECT_EQ(answer.page.header("Cache-Control"), "no-store");
    EXPECT_THAT(answer.page.body, HasSubstr("std::out_of_range: &lt;b&gt;password="));
    EXPECT_THAT(answer.page.body, HasSubstr("&lt;i&gt;"));
    EXPECT_THAT(answer.page.body, Not(HasSubstr("hunter22")));
    EXPECT_THAT(answer.page.body, Not(HasSubstr("half a page")));
}

TEST(Invoke, LongTextIsCutAndEnded) {
    const Answer answer =
        call([](auto&, auto&) { throw std::runtime_error(std::string(5000, 'x')); });
    EXPECT_EQ(std::string(answer.outcome.what),
              std::string(sizeof answer.outcome.what - 1, 'x'));
}

TEST(Invoke, HalfAPageIsVisible) {
    const Answer answer = call([](auto&, auto& res) {
        (res << "half").flush();
        throw std::runtime_error("late");
    });
    EXPECT_EQ(answer.outcome.head_sent, 1);
    EXPECT_FALSE(answer.whole);
    EXPECT_EQ(answer.page.status, 200);
    EXPECT_EQ(answer.page.body, "half");
}

TEST(Invoke, RefusedHeadSendsNothingOfTheHandlers) {
    const Answer answer = call([](auto&, auto& res) {
        res.header("X-Name", "a\r\nSet-Cookie: b=c") << "page";
    });
    EXPECT_EQ(answer.outcome.cause, CPPCGI_CAUSE_HEAD);
    EXPECT_EQ(answer.page.status, 500);
    EXPECT_THAT(answer.page.head, Not(HasSubstr("Set-Cookie")));
    EXPECT_THAT(answer.page.body, Not(HasSubstr("page")));
    EXPECT_THAT(answer.page.log, StartsWith("CPPCGI0210: "));
}

TEST(Invoke, RefusalOfTheHeadCannotBeSwallowed) {
    const Answer answer = call([](auto&, auto& res) {
        res.header("X Name", "a");
        try {
            res.flush();
        } catch (...) {
        }
        res << "page";
    });
    EXPECT_EQ(answer.outcome.cause, CPPCGI_CAUSE_HEAD);
    EXPECT_EQ(answer.page.status, 500);
}

TEST(Invoke, ClientThatLeftIsACauseOfItsOwn) {
    const Answer answer = call(
        [](auto& req, auto& res) {
            EXPECT_FALSE(req.aborted());
            (res << "page").flush();
            EXPECT_TRUE(req.aborted());
            (res << "nobody reads this").flush();
        },
        {.client_takes = 0});
    EXPECT_EQ(answer.outcome.cause, CPPCGI_CAUSE_ABORTED);
    EXPECT_EQ(answer.page.body, "page");
}

}  // namespace
}  // namespace cppcgi
