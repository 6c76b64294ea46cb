#include "host/first_line.h"

#include <gtest/gtest.h>

#include "t/guard_page.h"

namespace cppcgi::host {
namespace {

FirstLine parse(std::string_view start) {
    cppcgi_test::GuardPage page(start);
    return parse_first_line(page.view());
}

TEST(FirstLine, IsAnInterpreterAndAtMostOneArgument) {
    struct Case {
        const char *start, *interpreter, *argument;
    };
    for (const Case& c :
         {Case{"#!/bin/sh\n", "/bin/sh", ""}, Case{"#!/bin/sh", "/bin/sh", ""},
          Case{"#! \t/bin/sh \t\nrest", "/bin/sh", ""},
          Case{"#!/bin/sh -e -u \nx", "/bin/sh", "-e -u"}, Case{"#!sh\n", "sh", ""}}) {
        FirstLine line = parse(c.start);
        EXPECT_EQ(line.kind, FirstLineKind::interpreter) << c.start;
        EXPECT_EQ(line.interpreter, c.interpreter) << c.start;
        EXPECT_EQ(line.argument, c.argument) << c.start;
        EXPECT_FALSE(line.ends_in_cr) << c.start;
    }
}

TEST(FirstLine, CarriageReturnBelongsToTheLastWord) {
    FirstLine line = parse("#!/bin/sh\r\necho\r\n");
    EXPECT_TRUE(line.ends_in_cr);
    EXPECT_EQ(line.interpreter, "/bin/sh");
    line = parse("#!/usr/bin/env python3\r\n");
    EXPECT_TRUE(line.ends_in_cr);
    EXPECT_EQ(line.argument, "python3");
    EXPECT_EQ(parse("#!\r\n").kind, FirstLineKind::nameless);
}

TEST(FirstLine, OtherBeginningsAreTold) {
    EXPECT_EQ(parse("").kind, FirstLineKind::empty);
    EXPECT_EQ(parse("#").kind, FirstLineKind::other);
    EXPECT_EQ(parse("#!").kind, FirstLineKind::nameless);
    EXPECT_EQ(parse("#!  \n/bin/sh").kind, FirstLineKind::nameless);
    EXPECT_EQ(parse("\xef\xbb\xbf#!/bin/sh\n").kind, FirstLineKind::byte_order_mark);
    EXPECT_EQ(parse("\xff\xfe#").kind, FirstLineKind::byte_order_mark);
    EXPECT_EQ(parse("\177ELF").kind, FirstLineKind::elf);
    EXPECT_EQ(parse("MZ\x90").kind, FirstLineKind::other_system);
    EXPECT_EQ(parse("<?php\n").kind, FirstLineKind::other);
}

TEST(FirstLine, NameMustEndWithinWhatTheKernelReads) {
    std::string name = "/" + std::string(252, 'x');
    EXPECT_EQ(parse("#!" + name + "\n").interpreter, name);
    EXPECT_EQ(parse("#!" + name + "xx\n").kind, FirstLineKind::too_long);
    EXPECT_EQ(parse("#!" + name + " y\n").kind, FirstLineKind::interpreter);
    FirstLine cut = parse("#!/bin/sh " + std::string(400, 'a') + "\n");
    EXPECT_EQ(cut.kind, FirstLineKind::interpreter) << "an argument may be cut";
}

TEST(FirstLine, EnvTakesItsArgumentAsOneWordUnlessItSplits) {
    EXPECT_EQ(parse_env_argument("python3").program, "python3");
    EXPECT_TRUE(parse_env_argument("python3").rest.empty());
    EnvLine one = parse_env_argument("python3 -u");
    EXPECT_EQ(one.program, "python3 -u");
    EXPECT_FALSE(one.rest.empty());
    for (const char* text : {"-S python3 -u", "-Spython3 -u", "-vS python3 -u",
                             "--split-string=python3 -u", "-S A=1 -i python3 -u"}) {
        EnvLine split = parse_env_argument(text);
        EXPECT_TRUE(split.splits) << text;
        EXPECT_EQ(split.program, "python3") << text;
        EXPECT_EQ(split.rest, std::vector<std::string>{"-u"}) << text;
    }
    EXPECT_EQ(parse_env_argument("").program, "");
    EXPECT_EQ(parse_env_argument("-S").program, "");
    EXPECT_EQ(parse_env_argument("-S A=1").program, "");
}

}  // namespace
}  // namespace cppcgi::host
