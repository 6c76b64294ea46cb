#include "core/byte_mask.h"

#include "t/guard_page.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace cppcgi::detail {
namespace {

std::string random_text(std::mt19937& random, std::size_t size) {
    std::string text(size, ' ');
    for (char& c : text) c = ";;a\xbb\0 "[random() % 6];
    return text;
}

TEST(ByteMask, IsTheSameOnEveryCpu) {
    std::mt19937 random(7);
    for (int round = 0; round < 1000; ++round) {
        const cppcgi_test::GuardPage page(random_text(random, 64));
        const char* text = page.view().data();
        ASSERT_EQ(byte_mask<64>(text, ';'), byte_mask_plain<64>(text, ';'));
        ASSERT_EQ(byte_mask<16>(text + 48, ';'), byte_mask_plain<16>(text + 48, ';'));
    }
}

TEST(ByteMask, VisitsEveryPositionOfTheByte) {
    std::mt19937 random(8);
    for (std::size_t size = 0; size < 300; ++size) {
        const cppcgi_test::GuardPage page(random_text(random, size));
        for (const char byte : {';', '\0'}) {
            std::vector<std::size_t> expected;
            for (std::size_t i = 0; i < size; ++i) {
                if (page.view()[i] == byte) expected.push_back(i);
            }
            std::vector<std::size_t> seen;
            for_each_byte(page.view(), byte,
                          [&](std::size_t at) { seen.push_back(at); });
            ASSERT_EQ(seen, expected) << size << " bytes";
        }
    }
}

TEST(ByteMask, FindsTheFirstWithinTheRange) {
    std::mt19937 random(9);
    for (int round = 0; round < 5000; ++round) {
        const std::size_t size = random() % 60;
        std::string text(size, 'a');
        if (size != 0) text[random() % size] = '=';
        if (size != 0) text[random() % size] = '=';
        const cppcgi_test::GuardPage page(text);
        const std::size_t begin = random() % (size + 1);
        const std::size_t end = begin + random() % (size - begin + 1);
        ASSERT_EQ(find_near(page.view(), '=', begin, end),
                  std::min(text.find('=', begin), end))
            << text << " from " << begin << " to " << end;
    }
}

}  // namespace
}  // namespace cppcgi::detail
