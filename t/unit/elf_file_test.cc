#include "host/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "t/scratch_directory.h"

namespace cppcgi::host {
namespace {

using cppcgi_test::ScratchDirectory;

TEST(ElfFile, OfARunningProgramIsNativeAndWhole) {
    int fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ElfFile elf = read_elf(fd);
    EXPECT_EQ(elf.fault, ElfFault::none) << elf.found;
    EXPECT_TRUE(elf.native());
    EXPECT_EQ(elf.architecture(), own_architecture());
    ASSERT_NE(elf.section(".text"), nullptr);
    EXPECT_EQ(elf.section(".no-such"), nullptr);
    ASSERT_NE(elf.segment(PT_INTERP), nullptr);
    ElfNeeds needs = read_needs(fd, elf);
    EXPECT_EQ(::access(needs.interpreter.c_str(), X_OK), 0) << needs.interpreter;
    EXPECT_NE(std::find(needs.needed.begin(), needs.needed.end(), "libc.so.6"),
              needs.needed.end());
    ::close(fd);
}

TEST(ElfFile, WithATableOutsideIsTruncated) {
    ScratchDirectory directory;
    Elf64_Ehdr header = {};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_phentsize = sizeof(Elf64_Phdr);
    auto fault = [&] {
        std::string bytes(reinterpret_cast<const char*>(&header), sizeof(header));
        int fd = ::open(directory.write("a", bytes).c_str(), O_RDONLY | O_CLOEXEC);
        ElfFault found = read_elf(fd).fault;
        ::close(fd);
        return found;
    };
    EXPECT_EQ(fault(), ElfFault::none) << "no tables at all";
    header.e_shoff = sizeof(header);
    header.e_shnum = 1;
    EXPECT_EQ(fault(), ElfFault::truncated);
    header.e_shoff = UINT64_MAX - 8;
    EXPECT_EQ(fault(), ElfFault::truncated) << "no overflow";
    header.e_shoff = 0;
    header.e_phnum = 0xffff;
    header.e_phoff = 8;
    EXPECT_EQ(fault(), ElfFault::truncated);
    header.e_phentsize = 1;
    EXPECT_EQ(fault(), ElfFault::not_elf);
}

TEST(ElfFile, ReadRangeEndsWithTheFile) {
    ScratchDirectory directory;
    int fd = ::open(directory.write("a", "0123456789").c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(read_range(fd, 2, 3), "234");
    EXPECT_EQ(read_range(fd, 8, 100), "89");
    EXPECT_EQ(read_range(fd, 100, 5), "");
    EXPECT_EQ(read_range(-1, 0, 5), "");
    ::close(fd);
}

}  // namespace
}  // namespace cppcgi::host
