#include "t/guard_page.h"

#include <gtest/gtest.h>

#include <string>

namespace cppcgi_test {
namespace {

TEST(GuardPage, HoldsACopyOfAnyLength) {
    for (std::size_t size : {0u, 1u, 4095u, 4096u, 4097u}) {
        const std::string input(size, 'x');
        EXPECT_EQ(GuardPage(input).view(), input) << size << " bytes";
    }
}

TEST(GuardPageDeathTest, FaultsOnTheByteBehind) {
    GuardPage page("abc");
    const volatile char* end = page.data() + page.view().size();
    EXPECT_DEATH((void)*end, "");
}

}  // namespace
}  // namespace cppcgi_test
