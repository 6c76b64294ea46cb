#include "core/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "t/memory_call.h"

namespace cppcgi::detail {
namespace {

using cppcgi_test::Answer;
using cppcgi_test::call;
using ::testing::ElementsAre;

TEST(Output, SmallResponseLeavesWithItsEnd) {
    const Answer answer = call([](auto&, auto& res) {
        res << "a"
            << "b";
    });
    EXPECT_THAT(answer.writes, ElementsAre(CPPCGI_WRITE_END));
    EXPECT_EQ(answer.page.body, "ab");
}

TEST(Output, EmptyResponseLeavesToo) {
    EXPECT_THAT(call([](auto&, auto&) {}).writes, ElementsAre(CPPCGI_WRITE_END));
}

TEST(Output, FlushLeavesAtOnce) {
    const Answer answer = call([](auto&, auto& res) { (res << "a").flush() << "b"; });
    EXPECT_THAT(answer.writes, ElementsAre(CPPCGI_WRITE_FLUSH, CPPCGI_WRITE_END));
}

TEST(Output, WritesOfEverySizeArriveInOrder) {
    for (const std::size_t size : {1u, 4095u, 8191u, 8192u, 8193u, 100000u}) {
        const program::MemoryRequest request = {.body = std::string(size, 'x')};
        const Answer answer = call(
            [](auto& req, auto& res) {
                res << "<";
                const std::string body(std::istreambuf_iterator<char>(req.body()), {});
                for (int i = 0; i < 3; ++i) res << body << "|";
            },
            request);
        std::string expected = "<";
        for (int i = 0; i < 3; ++i) expected += request.body + "|";
        EXPECT_EQ(answer.page.body, expected) << size;
        EXPECT_EQ(answer.writes.back(), unsigned{CPPCGI_WRITE_END}) << size;
    }
}

TEST(Output, ManySmallWritesFillOneBuffer) {
    const Answer answer = call([](auto&, auto& res) {
        for (int i = 0; i < 10000; ++i) res << "x";
    });
    EXPECT_EQ(answer.page.body, std::string(10000, 'x'));
    EXPECT_THAT(answer.writes, ElementsAre(0, CPPCGI_WRITE_END));
}

}  // namespace
}  // namespace cppcgi::detail
