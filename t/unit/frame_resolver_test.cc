#include "core/frame_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/lookup_process.h"

#include <thread>

namespace cppcgi::detail {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

[[gnu::noinline]] std::uintptr_t here() {
    asm volatile("");  // or the compiler takes two calls for one
    return reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)) - 1;
}

TEST(FrameResolver, NamesFunctionFileLineAndSource) {
    FrameResolver resolver;
    const std::uintptr_t address = here();
    const std::uint32_t line = __LINE__ - 1;
    const auto stack = resolver.resolve({&address, 1});
    ASSERT_THAT(stack, SizeIs(1));
    EXPECT_EQ(stack[0].place.mapped_as, "/proc/self/exe");
#ifdef CPPCGI_HAVE_LIBDW
    ASSERT_THAT(*stack[0].frames, SizeIs(1));
    const SourceFrame& frame = stack[0].frames->front();
    EXPECT_THAT(frame.function, HasSubstr("TestBody"));
    EXPECT_THAT(frame.file, EndsWith("t/unit/frame_resolver_test.cc"));
    EXPECT_EQ(frame.line, line);
#endif
}

TEST(FrameResolver, LooksUpEachPlaceOnce) {
    FrameResolver resolver;
    const std::uintptr_t addresses[] = {here(), here()};
    resolver.resolve(addresses);
    resolver.resolve(addresses);
    resolver.resolve({addresses + 1, 1});
    EXPECT_EQ(resolver.lookups(), 1u);
    std::vector<std::thread> threads;
    const std::uintptr_t other = here();
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] { resolver.resolve({&other, 1}); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(resolver.lookups(), 2u);
}

TEST(FrameResolver, WithoutTimeKnowsFileAndOffset) {
    FrameResolver resolver(std::chrono::milliseconds(0));
    const std::uintptr_t address = here();
    const auto stack = resolver.resolve({&address, 1});
    EXPECT_EQ(stack[0].place.mapped_as, "/proc/self/exe");
    EXPECT_THAT(*stack[0].frames, IsEmpty());
    EXPECT_EQ(stack[0].place.base + stack[0].place.offset(), address);
}

TEST(FrameResolver, KnowsNothingOfAddressesInNoFile) {
    FrameResolver resolver;
    const std::uintptr_t nowhere = 0x10;
    const auto stack = resolver.resolve({&nowhere, 1});
    EXPECT_THAT(stack[0].place.mapped_as, IsEmpty());
    EXPECT_THAT(*stack[0].frames, IsEmpty());
    EXPECT_EQ(resolver.lookups(), 0u);
}

TEST(LookupProcess, HandsOverWhatItFound) {
    const std::vector<SourceFrames> places = {
        {},
        {{"f", "a.cc", 7, {{6, "six"}, {7, "se\nven"}, {8, ""}}}, {"", "", 0, {}}},
        {{"g", "b.cc", 1, {}}}};
    const auto read = read_frames(write_frames(places));
    ASSERT_THAT(read, SizeIs(3));
    EXPECT_THAT(read[0], IsEmpty());
    ASSERT_THAT(read[1], SizeIs(2));
    EXPECT_EQ(read[1][0].function, "f");
    EXPECT_EQ(read[1][0].line, 7u);
    ASSERT_THAT(read[1][0].source, SizeIs(3));
    EXPECT_EQ(read[1][0].source[1].text, "se\nven");
    EXPECT_EQ(read[1][0].source[2].number, 8u);
    EXPECT_EQ(read[2][0].file, "b.cc");
}

TEST(LookupProcess, ReadsWhatWasCutOffAsFarAsItGoes) {
    const std::string text = write_frames({{{"f", "a.cc", 7, {{6, "six"}}}}, {}});
    for (std::size_t size = 0; size <= text.size(); ++size)
        EXPECT_LE(read_frames(text.substr(0, size)).size(), 2u);
    EXPECT_THAT(read_frames("S6\0n\0P\0"), SizeIs(testing::Le(1u)));
}

}  // namespace
}  // namespace cppcgi::detail
