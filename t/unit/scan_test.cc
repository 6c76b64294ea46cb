// The vector kernels against the plain ones, on inputs that end at an unmapped page.
#include "core/scan.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "t/guard_page.h"

namespace cppcgi::scan {
namespace {

using cppcgi_test::GuardPage;

// Text from an alphabet that is full of what the kernels look for.
std::string text(std::mt19937& random, std::size_t size, std::string_view alphabet) {
    std::string result(size, ' ');
    for (char& c : result) c = alphabet[random() % alphabet.size()];
    return result;
}

std::ptrdiff_t offset(const char* found, std::string_view in) {
    return found == nullptr ? -1 : found - in.data();
}

// As the contract says it, in the plainest way.
std::ptrdiff_t expected_line(std::string_view in, const Needle& needle) {
    const std::string_view wanted(needle.text, needle.size);
    for (std::size_t at = in.find(wanted); at != std::string_view::npos;
         at = in.find(wanted, at + 1)) {
        const std::size_t behind = at + needle.size;
        if (!needle.whole || behind == in.size() ||
            std::string_view("- \t\r\n").find(in[behind]) != std::string_view::npos) {
            return static_cast<std::ptrdiff_t>(at);
        }
    }
    return -1;
}

TEST(Scan, FindsLinesAlike) {
    std::mt19937 random(1);
    for (int round = 0; round < 40000; ++round) {
        std::string needle = "\n--";
        const std::size_t more = random() % 5 == 0 ? 60 : random() % 6;
        for (std::size_t i = 0; i < more; ++i) needle += "ab-"[random() % 3];
        std::string in = text(random, random() % 400, "\n\r--ab \t\r\nx");
        for (int i = 0; i < 3 && random() % 2 == 0; ++i) {
            in.insert(random() % (in.size() + 1),
                      needle.substr(0, needle.size() - random() % 2));
        }
        const GuardPage page(in);
        const Needle wanted{needle.data(), needle.size(), random() % 2 == 0};
        const char* const end = page.view().data() + in.size();
        const std::ptrdiff_t place = expected_line(page.view(), wanted);
        const auto found = [&](const Kernels& kernels) {
            return offset(kernels.find_line(page.view().data(), end, wanted),
                          page.view());
        };
        ASSERT_EQ(found(plain), place) << testing::PrintToString(in) << needle;
        ASSERT_EQ(found(best()), place) << testing::PrintToString(in) << needle;
    }
}

struct Decoded {
    std::string text;
    std::vector<std::uint32_t> marks;
    std::size_t read;
    bool high;
    bool operator==(const Decoded&) const = default;
};

Decoded run(void (*kernel)(FormCursor&, char), std::string_view in, bool writes) {
    std::string out(in.size() + 32, '\xee');
    const char* base = writes ? out.data() : in.data();
    std::vector<std::uint32_t> marks(70);
    FormCursor cursor{in.data(), in.data() + in.size(),       out.data(), base,
                      nullptr,   marks.data() + marks.size(), false};
    Decoded result{};
    for (;;) {
        const char* const before = cursor.in;
        cursor.marks = marks.data();
        kernel(cursor, '&');
        result.marks.insert(result.marks.end(), marks.data(), cursor.marks);
        if (cursor.in == cursor.end || cursor.in == before) break;
    }
    result.text.assign(out.data(), cursor.out);
    result.read = static_cast<std::size_t>(cursor.in - in.data());
    result.high = cursor.high;
    return result;
}

std::ostream& operator<<(std::ostream& to, const Decoded& decoded) {
    return to << testing::PrintToString(decoded.text) << " marks "
              << testing::PrintToString(decoded.marks) << " read " << decoded.read
              << " high " << decoded.high;
}

TEST(Scan, DecodesAlike) {
    std::mt19937 random(2);
    for (int round = 0; round < 40000; ++round) {
        const char* const alphabets[] = {"%%%01aAfFgG&=+x", "abc",
                                         "abcdefgh%41+&=", "&=", "%4"};
        std::string in = text(random, random() % 300, alphabets[random() % 5]);
        if (random() % 8 == 0) in += '\xc3';
        const GuardPage page(in);
        const Decoded wanted = run(plain.decode_form, page.view(), true);
        ASSERT_EQ(run(best().decode_form, page.view(), true), wanted)
            << testing::PrintToString(in);
    }
}

TEST(Scan, MarksAlike) {
    std::mt19937 random(3);
    for (int round = 0; round < 20000; ++round) {
        std::string in = text(random, random() % 600, "abcdefgh\x80&=");
        if (random() % 2 == 0 && !in.empty())
            in[random() % in.size()] = "%+"[random() % 2];
        const GuardPage page(in);
        const Decoded wanted = run(plain.mark_form, page.view(), false);
        ASSERT_EQ(wanted.read, std::min(in.find_first_of("%+"), in.size()));
        ASSERT_EQ(run(best().mark_form, page.view(), false), wanted)
            << testing::PrintToString(in);
    }
}

TEST(Scan, LeavesAnEscapeThatIsCutOff) {
    for (const Kernels* kernels : {&plain, &best()}) {
        for (const char* tail : {"%", "%4", "%a", "%F"}) {
            for (std::size_t size = 0; size < 100; ++size) {
                const std::string in = std::string(size, 'x') + tail;
                EXPECT_EQ(run(kernels->decode_form, in, true).read, size) << in;
            }
        }
        for (const char* tail : {"%g", "%%", "%41", "%4%"}) {
            const std::string in = std::string(50, 'x') + tail;
            EXPECT_EQ(run(kernels->decode_form, in, true).read,
                      in.back() == '%' ? in.size() - 1 : in.size());
        }
    }
}

}  // namespace
}  // namespace cppcgi::scan
