#include "host/loader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "host/private_copy.h"
#include "t/scratch_directory.h"
#include "t/test_library.h"

namespace cppcgi::host {
namespace {

using cppcgi_test::compile;
using cppcgi_test::handler_source;
using cppcgi_test::library_preamble;
using cppcgi_test::ScratchDirectory;

class LoaderTest : public ::testing::Test {
protected:
    int copy(const std::string& file) {
        CopyResult result = make_private_copy(file);
        EXPECT_FALSE(result.fault) << result.fault.text;
        return result.copy.fd;
    }
    OpenLibrary open(const std::string& file) {
        int fd = copy(file);
        OpenLibrary library = loader_.open(fd, file);
        ::close(fd);
        return library;
    }
    int status_of(const OpenLibrary& library, const char* handler) {
        Entry entry = find_entry(library.handle, handler, "x.so");
        EXPECT_FALSE(entry.fault) << entry.fault.text;
        if (entry.fault) return -1;
        cppcgi_outcome outcome = {};
        entry.function(nullptr, nullptr, &outcome);
        return outcome.status;
    }

    ScratchDirectory directory_;
    Loader loader_;
};

TEST_F(LoaderTest, OpensAndFindsTheEntryOfEachCard) {
    std::string file = directory_ / "two.so";
    compile(library_preamble +
                "CARD(one) CARD(two) ENTRY(one) { outcome->status = 1; }"
                "ENTRY(two) { outcome->status = 2; }",
            file);
    OpenLibrary library = open(file);
    ASSERT_FALSE(library.fault) << library.fault.text;
    for (const Card& card : read_cards(file).cards)
        EXPECT_EQ(status_of(library, card.name.c_str()), card.name == "one" ? 1 : 2);
    EXPECT_TRUE(Loader::close(library));
}

// glibc matches names: without a new one each time, a reused descriptor number gives the
// library that was opened first.
TEST_F(LoaderTest, ReusedDescriptorNumberGivesTheNewLibrary) {
    std::string file = directory_ / "same.so";
    for (int status = 1; status <= 5; ++status) {
        compile(handler_source("one", status), file);
        OpenLibrary library = open(file);  // never closed: all stay side by side
        ASSERT_FALSE(library.fault) << library.fault.text;
        EXPECT_EQ(status_of(library, "one"), status);
    }
}

TEST_F(LoaderTest, NamesAreUniqueShortAndOfTheDescriptor) {
    int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    std::set<std::string> seen;
    for (std::uint64_t serial = 1; serial < 3000; ++serial)
        EXPECT_TRUE(seen.insert(descriptor_path(fd, serial)).second) << serial;
    std::string longest = descriptor_path(fd, UINT64_MAX);
    EXPECT_LT(longest.size(), 300u);
    char target[100] = {};
    EXPECT_GT(::readlink(longest.c_str(), target, sizeof(target) - 1), 0);
    EXPECT_STREQ(target, "/dev/null");
    ::close(fd);
}

TEST_F(LoaderTest, SonameOfAnOpenCopySatisfiesNeeded) {
    std::string support = directory_ / "libsupport.so";
    compile("extern \"C\" int support() { return 7; }", support,
            "-shared -fPIC -Wl,-soname,libsupport-for-test.so.1");
    std::string file = directory_ / "user.so";
    compile("extern \"C\" int support();" + library_preamble +
                "CARD(one) ENTRY(one) { outcome->status = support(); }",
            file, "-shared -fPIC '" + support + "'");
    OpenLibrary alone = open(file);
    EXPECT_EQ(alone.fault.cause, LibraryCause::missing_dependency);
    EXPECT_NE(alone.fault.text.find("libsupport-for-test.so.1"), std::string::npos);
    OpenLibrary opened = open(support);
    ASSERT_FALSE(opened.fault) << opened.fault.text;
    OpenLibrary library = open(file);
    ASSERT_FALSE(library.fault) << library.fault.text;
    EXPECT_EQ(status_of(library, "one"), 7);
    EXPECT_TRUE(Loader::close(library));
    EXPECT_TRUE(Loader::close(opened));
}

TEST_F(LoaderTest, UndefinedSymbolIsNamedWithTheFile) {
    std::string file = directory_ / "undefined.so";
    compile("extern \"C\" void nowhere();" + library_preamble +
                "CARD(one) ENTRY(one) { nowhere(); }",
            file);
    OpenLibrary library = open(file);
    EXPECT_EQ(library.handle, nullptr);
    EXPECT_EQ(library.fault.cause, LibraryCause::undefined_symbol);
    EXPECT_EQ(library.fault.text.find("/proc/self/fd"), std::string::npos);
    EXPECT_EQ(library.fault.text.find(file + " cannot be opened: undefined symbol: "
                                             "nowhere;"),
              0u)
        << library.fault.text;
}

TEST_F(LoaderTest, ClosedDescriptorIsNoMissingDependency) {
    OpenLibrary library = loader_.open(987654, "gone.so");
    EXPECT_EQ(library.fault.cause, LibraryCause::cannot_open);
    EXPECT_EQ(library.fault.text.find("gone.so cannot be opened: cannot open shared "
                                      "object file"),
              0u)
        << library.fault.text;
}

TEST_F(LoaderTest, CardWithoutEntryIsNamed) {
    std::string file = directory_ / "hollow.so";
    compile(library_preamble + "CARD(one)", file);
    OpenLibrary library = open(file);
    Entry entry = find_entry(library.handle, "one", file);
    EXPECT_EQ(entry.function, nullptr);
    EXPECT_EQ(entry.fault.cause, LibraryCause::no_entry);
    EXPECT_NE(entry.fault.text.find("cppcgi_entry_one"), std::string::npos);
}

TEST_F(LoaderTest, CloseTellsWhetherTheCodeIsGone) {
    std::string file = directory_ / "stays.so";
    compile(handler_source("one"), file, "-shared -fPIC -Wl,-z,nodelete");
    OpenLibrary stays = open(file);
    EXPECT_FALSE(Loader::close(stays));
    EXPECT_TRUE(Loader::close(stays)) << "closed twice";
}

}  // namespace
}  // namespace cppcgi::host
