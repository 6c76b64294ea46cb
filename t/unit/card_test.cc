#include "host/card.h"

#include <cppcgi/abi.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "t/guard_page.h"
#include "t/scratch_directory.h"
#include "t/test_library.h"

namespace cppcgi::host {
namespace {

using cppcgi_test::compile;
using cppcgi_test::GuardPage;
using cppcgi_test::handler_source;
using cppcgi_test::library_preamble;
using cppcgi_test::ScratchDirectory;

cppcgi_card card_of(const char* name) {
    cppcgi_card card = {};
    std::memcpy(card.magic, CPPCGI_CARD_MAGIC, sizeof(card.magic));
    card.size = sizeof(card);
    card.abi = CPPCGI_ABI;
    std::strcpy(card.toolchain, CPPCGI_TOOLCHAIN);
    std::strcpy(card.name, name);
    return card;
}

std::string bytes(const cppcgi_card& card) {
    return {reinterpret_cast<const char*>(&card), sizeof(card)};
}

CardResult parse(const std::string& section) {
    GuardPage page(section);
    return parse_cards(page.view(), "x.so");
}

std::vector<std::string> names(const CardResult& result) {
    std::vector<std::string> all;
    for (const Card& card : result.cards) all.push_back(card.name);
    return all;
}

using Names = std::vector<std::string>;

TEST(Card, AreReadInTheOrderOfTheSection) {
    EXPECT_EQ(names(parse(bytes(card_of("one")) + bytes(card_of("two")))),
              (Names{"one", "two"}));
}

TEST(Card, MayBeSurroundedByZeros) {
    std::string zeros(96, '\0');
    EXPECT_EQ(names(parse(zeros + bytes(card_of("one")) + zeros +
                          bytes(card_of("two")) + zeros + "\0\0\0")),
              (Names{"one", "two"}));
}

TEST(Card, OfALaterVersionMayBeLonger) {
    cppcgi_card longer = card_of("one");
    longer.size = 160;
    EXPECT_EQ(
        names(parse(bytes(longer) + std::string(32, 'x') + bytes(card_of("two")))),
        (Names{"one", "two"}));
    longer.size = 130;  // the next one stands at the next multiple of 32
    EXPECT_EQ(names(parse(bytes(longer) + "xx" + std::string(30, '\0') +
                          bytes(card_of("two")))),
              (Names{"one", "two"}));
}

TEST(Card, NameMayFillAllButTheLastByte) {
    cppcgi_card card = card_of("one");
    std::memset(card.name, 'n', sizeof(card.name));
    EXPECT_EQ(parse(bytes(card)).fault.cause, LibraryCause::malformed_card);
    card.name[sizeof(card.name) - 1] = 0;
    EXPECT_EQ(names(parse(bytes(card))), (Names{std::string(79, 'n')}));
}

TEST(Card, NameIsAnIdentifier) {
    for (const char* name : {"", "1st", "a-b", "a b", "\x80", "a\n"})
        EXPECT_EQ(parse(bytes(card_of(name))).fault.cause, LibraryCause::malformed_card)
            << name;
    EXPECT_EQ(names(parse(bytes(card_of("_a1Z")))), (Names{"_a1Z"}));
}

TEST(Card, SectionWithoutARecordIsRefused) {
    EXPECT_EQ(parse("").fault.cause, LibraryCause::no_cards);
    EXPECT_EQ(parse(std::string(128, '\0')).fault.cause, LibraryCause::no_cards);
}

TEST(Card, ForeignBytesAreRefused) {
    cppcgi_card card = card_of("one");
    card.magic[7] = 'x';
    EXPECT_EQ(parse(bytes(card)).fault.cause, LibraryCause::malformed_card);
    EXPECT_EQ(parse("x").fault.cause, LibraryCause::malformed_card);
}

TEST(Card, SizeOutsideTheSectionIsRefused) {
    for (unsigned size : {0u, 127u, 129u, 65535u}) {
        cppcgi_card card = card_of("one");
        card.size = static_cast<std::uint16_t>(size);
        EXPECT_EQ(parse(bytes(card)).fault.cause, LibraryCause::malformed_card) << size;
    }
}

TEST(Card, CutAtAnyByteIsRefusedWithoutReadingFurther) {
    std::string section = bytes(card_of("one"));
    for (std::size_t size = 1; size < section.size(); ++size)
        EXPECT_EQ(parse(section.substr(0, size)).fault.cause,
                  LibraryCause::malformed_card)
            << size;
}

TEST(Card, OfAnotherAbiSaysBoth) {
    cppcgi_card card = card_of("one");
    card.abi = CPPCGI_ABI + 1;
    card.size = 0;  // whatever that ABI makes of it
    LibraryFault fault = parse(bytes(card)).fault;
    EXPECT_EQ(fault.cause, LibraryCause::foreign_abi);
    EXPECT_EQ(
        fault.text,
        "x.so was built for ABI 2 of libcppcgi, this server has ABI 1: rebuild it "
        "with the headers of this version");
}

TEST(Card, OfAnotherToolchainSaysBoth) {
    cppcgi_card card = card_of("one");
    std::strcpy(card.toolchain, "libc++,abi1,plain,64");
    LibraryFault fault = parse(bytes(card)).fault;
    EXPECT_EQ(fault.cause, LibraryCause::foreign_toolchain);
    EXPECT_NE(fault.text.find("\"libc++,abi1,plain,64\""), std::string::npos);
    EXPECT_NE(fault.text.find("\"" CPPCGI_TOOLCHAIN "\""), std::string::npos);
    std::memset(card.toolchain, '\n', sizeof(card.toolchain));
    EXPECT_EQ(parse(bytes(card)).fault.text.find('\n'), std::string::npos);
}

TEST(Card, WithUnknownFlagsIsRefused) {
    cppcgi_card card = card_of("one");
    card.flags = 0x80000000;
    EXPECT_EQ(parse(bytes(card)).fault.cause, LibraryCause::unknown_flags);
}

TEST(Card, TwiceUnderOneNameIsRefused) {
    LibraryFault fault = parse(bytes(card_of("one")) + bytes(card_of("one"))).fault;
    EXPECT_EQ(fault.cause, LibraryCause::twin_handlers);
    EXPECT_NE(fault.text.find("two handlers called one"), std::string::npos);
}

TEST(Card, FileStemIsTheNameWithoutDirectoryAndSuffix) {
    EXPECT_EQ(file_stem("/srv/hello.so"), "hello");
    EXPECT_EQ(file_stem("hello"), "hello");
    EXPECT_EQ(file_stem("a/libx.so.1.2"), "libx");
    EXPECT_EQ(file_stem("a.b/my.shop.so"), "my.shop");
    EXPECT_EQ(file_stem("/srv/.so"), ".so");
}

class CardFile : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        directory_ = new ScratchDirectory;
        compile(library_preamble + "CARD(one) ENTRY(one) {} CARD(two) ENTRY(two) {}",
                *directory_ / "two.so", "-shared -fPIC -nostdlib -Wl,--build-id=none");
    }
    static void TearDownTestSuite() { delete directory_; }

    static std::string two() { return *directory_ / "two.so"; }
    static LibraryFault refusal(const std::string& file) {
        return read_cards(file).fault;
    }

    static ScratchDirectory* directory_;
};

ScratchDirectory* CardFile::directory_ = nullptr;

TEST_F(CardFile, IsReadWithoutOpeningTheLibrary) {
    CardResult result = read_cards(two());
    EXPECT_FALSE(result.fault) << result.fault.text;
    EXPECT_EQ(names(result), (Names{"one", "two"}));
}

TEST_F(CardFile, SurvivesStripAndGcSections) {
    std::string file = *directory_ / "stripped.so";
    compile(library_preamble + "CARD(one) ENTRY(one) {}", file,
            "-shared -fPIC -ffunction-sections -fdata-sections -Wl,--gc-sections -s");
    EXPECT_EQ(names(read_cards(file)), (Names{"one"}));
}

TEST_F(CardFile, CutAtAnyByteIsRefused) {
    std::string whole = ScratchDirectory::read(two());
    ASSERT_GT(whole.size(), 1000u);
    std::string file = directory_->write("cut.so", whole);
    for (std::size_t size = whole.size() - 1; size > 0; --size) {
        ASSERT_EQ(::truncate(file.c_str(), static_cast<off_t>(size)), 0);
        LibraryFault fault = refusal(file);
        ASSERT_EQ(fault.cause,
                  size < 4 ? LibraryCause::not_elf : LibraryCause::truncated)
            << size << ": " << fault.text;
        ASSERT_EQ(fault.text.compare(0, file.size(), file), 0) << fault.text;
    }
    ASSERT_EQ(::truncate(file.c_str(), 0), 0);
    EXPECT_EQ(refusal(file).cause, LibraryCause::not_elf);
}

TEST_F(CardFile, WithAnyByteDamagedNeitherCrashesNorLoops) {
    std::string whole = ScratchDirectory::read(two());
    std::string file = directory_->write("damaged.so", whole);
    int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    for (std::size_t at = 0; at < whole.size(); at += at < 1024 ? 1 : 7) {
        char damaged = static_cast<char>(whole[at] ^ 0xff);
        ASSERT_EQ(::pwrite(fd, &damaged, 1, static_cast<off_t>(at)), 1);
        CardResult result = read_cards(file);
        EXPECT_NE(result.cards.empty(), !result.fault) << at;
        ASSERT_EQ(::pwrite(fd, &whole[at], 1, static_cast<off_t>(at)), 1);
    }
    ::close(fd);
}

TEST_F(CardFile, TextIsShownByItsBeginning) {
    std::string file = directory_->write("text.so", "#!/bin/sh\necho\n");
    LibraryFault fault = refusal(file);
    EXPECT_EQ(fault.cause, LibraryCause::not_elf);
    EXPECT_EQ(fault.text,
              file +
                  " is no ELF file: it begins with \"#!/bin/sh\"; a handler "
                  "library is built by `cppcgi build` or with -shared -fPIC");
}

TEST_F(CardFile, ForeignLibraryHasNoHandlers) {
    std::string file = *directory_ / "foreign.so";
    compile("extern \"C\" int f() { return 1; }", file);
    EXPECT_EQ(refusal(file).cause, LibraryCause::no_cards);
}

TEST_F(CardFile, OtherMachineSizeAndByteOrderAreNamed) {
    std::string whole = ScratchDirectory::read(two());
    std::string other = whole;
    other[18] = 8;  // e_machine: MIPS
    other[19] = 0;
    LibraryFault fault = refusal(directory_->write("mips.so", other));
    EXPECT_EQ(fault.cause, LibraryCause::foreign_machine);
    EXPECT_NE(fault.text.find("64-bit MIPS"), std::string::npos) << fault.text;
    other = whole;
    other[5] = 2;  // EI_DATA: big-endian
    other[18] = 0;
    other[19] = 21;
    fault = refusal(directory_->write("big.so", other));
    EXPECT_EQ(fault.cause, LibraryCause::foreign_machine);
    EXPECT_NE(fault.text.find("PowerPC64, big-endian"), std::string::npos)
        << fault.text;
    other = std::string("\177ELF\1\1\1", 7) + std::string(9, '\0') + "\3" + '\0' +
            "\3" + '\0' + std::string(32, '\0');  // a 32-bit x86 header, nothing else
    fault = refusal(directory_->write("small.so", other));
    EXPECT_EQ(fault.cause, LibraryCause::foreign_machine);
    EXPECT_NE(fault.text.find("32-bit x86"), std::string::npos) << fault.text;
}

TEST_F(CardFile, ProgramAndObjectFileAreNoLibraries) {
    compile("int main() {}", *directory_ / "program", "");
    EXPECT_EQ(refusal(*directory_ / "program").cause, LibraryCause::not_shared);
    compile("int main() {}", *directory_ / "fixed", "-no-pie");
    EXPECT_EQ(refusal(*directory_ / "fixed").cause, LibraryCause::not_shared);
    compile(library_preamble + "CARD(one)", *directory_ / "one.o", "-c");
    LibraryFault fault = refusal(*directory_ / "one.o");
    EXPECT_EQ(fault.cause, LibraryCause::not_shared);
    EXPECT_NE(fault.text.find("an object file"), std::string::npos);
}

TEST_F(CardFile, OtherStringAbiAndDebugModeAreRefused) {
    for (const char* define : {"-D_GLIBCXX_USE_CXX11_ABI=0", "-D_GLIBCXX_DEBUG"}) {
        std::string file = *directory_ / "abi.so";
        compile("#include <string>\n" + handler_source("one"), file,
                std::string("-shared -fPIC ") + define);
        EXPECT_EQ(refusal(file).cause, LibraryCause::foreign_toolchain) << define;
    }
}

TEST_F(CardFile, MissingFileAndDirectoryAreNamed) {
    EXPECT_EQ(refusal(*directory_ / "nothing.so").cause, LibraryCause::missing);
    EXPECT_EQ(refusal(two() + "/x").cause, LibraryCause::missing);
    EXPECT_EQ(refusal(directory_->path()).cause, LibraryCause::not_regular);
    ASSERT_EQ(::mkfifo((*directory_ / "fifo").c_str(), 0600), 0);
    EXPECT_EQ(refusal(*directory_ / "fifo").cause, LibraryCause::not_regular);
}

TEST(LibraryFault, EachCauseHasANumberOfItsOwn) {
    std::vector<std::string> seen;
    for (int i = 1; i <= static_cast<int>(LibraryCause::check_failed); ++i)
        seen.push_back(message_number(static_cast<LibraryCause>(i)));
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].compare(0, 8, "CPPCGI01"), 0) << i;
        for (std::size_t j = 0; j < i; ++j) EXPECT_NE(seen[i], seen[j]) << i;
    }
}

}  // namespace
}  // namespace cppcgi::host
