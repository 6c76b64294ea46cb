#include "host/script_fault.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "host/spawn.h"
#include "t/scratch_directory.h"
#include "t/test_library.h"

namespace cppcgi::host {
namespace {

using cppcgi_test::compile;
using cppcgi_test::handler_source;
using cppcgi_test::ScratchDirectory;

// Asks twice: beforehand and with the errno of a real start. Both must agree.
class ScriptFaultTest : public ::testing::Test {
protected:
    ScriptFaultTest() {
        ::chmod(directory_.path().c_str(), 0755);
        question_.user = current_identity();
        question_.envp = envp_;
    }
    std::string script(const std::string& content, mode_t mode = 0755) {
        return directory_.write("script", content, mode);
    }
    int error_of_a_start(const std::string& file) {
        char* argv[] = {nullptr};
        SpawnRequest request;
        request.path = file.c_str();
        request.argv = argv;
        request.envp = envp_;
        SpawnResult result = spawn(request);
        if (result.pid < 0) return result.error;
        ::waitpid(result.pid, nullptr, 0);
        if (result.pidfd >= 0) ::close(result.pidfd);
        return 0;
    }
    std::string blamed(const std::string& file, ScriptCause cause) {
        question_.path = file;
        question_.error = 0;
        ScriptFault before = find_script_fault(question_);
        EXPECT_EQ(before.cause, cause) << before.text;
        if (cause != ScriptCause::none) {
            EXPECT_EQ(before.text.compare(0, file.size(), file), 0) << before.text;
        }
        question_.error = error_of_a_start(file);
        ScriptFault after = find_script_fault(question_);
        EXPECT_EQ(after.text, before.text) << "errno " << question_.error;
        return before.text.substr(std::min(file.size(), before.text.size()));
    }
    void expect_text(const std::string& text, const std::string& part) {
        EXPECT_NE(text.find(part), std::string::npos) << text;
    }

    ScratchDirectory directory_;
    ScriptQuestion question_;
    char path_[20] = "PATH=/usr/bin:/bin";
    char* envp_[2] = {path_, nullptr};
};

TEST_F(ScriptFaultTest, GoodScriptAndProgramHaveNone) {
    blamed(script("#!/bin/sh\nexit 0\n"), ScriptCause::none);
    blamed(script("#!/usr/bin/env sh\nexit 0\n"), ScriptCause::none);
    blamed("/bin/true", ScriptCause::none);
}

TEST_F(ScriptFaultTest, MissingPartsOfThePathAreNamed) {
    expect_text(blamed(directory_ / "none", ScriptCause::missing), " does not exist;");
    expect_text(blamed(directory_ / "none/x", ScriptCause::missing),
                "there is no " + directory_ / "none;");
    ASSERT_EQ(::symlink("gone", (directory_ / "link").c_str()), 0);
    expect_text(
        blamed(directory_ / "link", ScriptCause::missing),
        "there is no " + directory_ / "gone (by the link " + directory_ / "link)");
}

TEST_F(ScriptFaultTest, DirectoryIsNotRegular) {
    expect_text(blamed(directory_.path(), ScriptCause::not_regular), "is a directory");
}

TEST_F(ScriptFaultTest, NotExecutableSaysForWhomAndWhichBit) {
    std::string file = script("#!/bin/sh\n", 0644);
    std::string text = blamed(file, ScriptCause::not_executable);
    expect_text(
        text, "is not executable for user " + user_name(::geteuid()) + " (mode 0644, ");
    expect_text(text, "; chmod u+x " + file);
}

TEST_F(ScriptFaultTest, DirectoryThatMayNotBeSearchedIsNamed) {
    ::mkdir((directory_ / "closed").c_str(), 0700);
    std::string file = directory_.write("closed/script", "#!/bin/sh\n", 0755);
    ASSERT_EQ(::chmod((directory_ / "closed").c_str(), 0600), 0);
    question_.path = file;
    question_.user = {65534, 65534, {}};
    ScriptFault fault = find_script_fault(question_);
    EXPECT_EQ(fault.cause, ScriptCause::not_searchable);
    expect_text(fault.text, "user " + user_name(65534) + " may not search " +
                                directory_ / "closed (mode 0600, ");
    expect_text(fault.text, "; chmod o+x " + directory_ / "closed");
}

TEST_F(ScriptFaultTest, ScriptMustBeReadableForItsInterpreter) {
    question_.path = script("#!/bin/sh\n", 0711);
    question_.user = {65534, 65534, {}};
    ScriptFault fault = find_script_fault(question_);
    EXPECT_EQ(fault.cause, ScriptCause::not_readable);
    expect_text(fault.text, "its interpreter /bin/sh must read it; chmod o+r ");
}

TEST_F(ScriptFaultTest, FirstLineIsExplained) {
    blamed(script(""), ScriptCause::empty);
    blamed(script("echo hello\n"), ScriptCause::no_first_line);
    blamed(script("#!\necho\n"), ScriptCause::no_first_line);
    blamed(script("\xef\xbb\xbf#!/bin/sh\n"), ScriptCause::byte_order_mark);
    blamed(script("#!/" + std::string(300, 'x') + "\n"),
           ScriptCause::first_line_too_long);
}

TEST_F(ScriptFaultTest, CarriageReturnIsExplained) {
    std::string text = blamed(script("#!/bin/sh\r\n"), ScriptCause::carriage_return);
    expect_text(text, "a part of \"/bin/sh\"; sed -i 's/\\r$//' ");
    blamed(script("#!/usr/bin/env sh\r\nexit 0\r\n"), ScriptCause::carriage_return);
}

TEST_F(ScriptFaultTest, InterpreterIsExamined) {
    expect_text(blamed(script("#!/usr/bin/pyhton\n"), ScriptCause::interpreter_missing),
                "an interpreter that does not work: /usr/bin/pyhton does not exist");
    expect_text(blamed(script("#!nosuch-sh\n"), ScriptCause::interpreter_missing),
                "write the whole path");
    std::string plain = directory_.write("plain", "text", 0644);
    expect_text(
        blamed(script("#!" + plain + "\n"), ScriptCause::interpreter_not_executable),
        plain + " is not executable");
    blamed(script("#!/usr\n"), ScriptCause::interpreter_not_executable);
    std::string wrapper = directory_.write("wrapper", "#!/no/where\n", 0755);
    expect_text(blamed(script("#!" + wrapper + "\n"), ScriptCause::interpreter_missing),
                "an interpreter that does not work: " + wrapper +
                    " has an interpreter that does not work: /no/where does not exist");
}

TEST_F(ScriptFaultTest, InterpreterThatIsTheScriptItselfEnds) {
    std::string file = directory_ / "script";
    question_.path = script("#!" + file + "\n");
    EXPECT_EQ(find_script_fault(question_).cause, ScriptCause::none);
    question_.error = ELOOP;
    EXPECT_EQ(find_script_fault(question_).cause, ScriptCause::unexplained);
}

TEST_F(ScriptFaultTest, EnvLooksForItsProgramInPath) {
    expect_text(
        blamed(script("#!/usr/bin/env no-such-sh\n"), ScriptCause::env_program_missing),
        "asks env for no-such-sh, which is nowhere in PATH=/usr/bin:/bin");
    expect_text(blamed(script("#!/usr/bin/env sh -e\n"), ScriptCause::env_argument),
                "write /usr/bin/env -S sh -e");
    blamed(script("#!/usr/bin/env -S sh -e\nexit 0\n"), ScriptCause::none);
    directory_.write("tool3", "", 0755);
    std::string path = "PATH=" + directory_.path();
    char* envp[] = {path.data(), nullptr};
    question_.envp = envp;
    question_.path = script("#!/usr/bin/env tool\n");
    question_.error = 0;
    expect_text(find_script_fault(question_).text, "(there is a tool3)");
}

TEST_F(ScriptFaultTest, ProgramsThatCannotRunAreExplained) {
    std::string program = directory_ / "program";
    compile("int main() {}", program, "");
    std::string whole = ScratchDirectory::read(program);
    std::string other = whole;
    other[18] = 8;  // e_machine: MIPS
    expect_text(blamed(script(other), ScriptCause::foreign_program), "64-bit MIPS");
    question_.path = script(whole.substr(0, whole.size() / 2));
    question_.error = 0;
    EXPECT_EQ(find_script_fault(question_).cause, ScriptCause::broken_program);
    question_.path = script("MZ\x90");
    EXPECT_EQ(find_script_fault(question_).cause, ScriptCause::foreign_program);

    std::string library = directory_ / "library.so";
    compile(handler_source("one"), library);
    question_.path = library;
    ScriptFault fault = find_script_fault(question_);
    EXPECT_EQ(fault.cause, ScriptCause::not_a_program);
    expect_text(fault.text, "is a handler library");
    compile("int f() { return 0; }", library);
    EXPECT_EQ(find_script_fault(question_).cause, ScriptCause::not_a_program);
}

TEST_F(ScriptFaultTest, LoaderAndLibrariesOfAProgramAreLookedFor) {
    std::string program = directory_ / "program";
    compile("int main() {}", program, "-Wl,--dynamic-linker=/lib/ld-none.so.1");
    expect_text(blamed(program, ScriptCause::loader_missing), "/lib/ld-none.so.1");
    std::string library = directory_ / "libgone-test.so";
    compile("extern \"C\" int gone() { return 0; }", library);
    compile("extern \"C\" int gone(); int main() { return gone(); }", program,
            "-L'" + directory_.path() + "' -lgone-test");
    ::unlink(library.c_str());
    expect_text(blamed(program, ScriptCause::library_missing),
                "needs libgone-test.so, found neither");
}

TEST_F(ScriptFaultTest, ProgramBeingWrittenIsBusy) {
    compile("int main() {}", directory_ / "program", "");
    question_.path = directory_ / "program";
    int fd = ::open(question_.path.c_str(), O_WRONLY | O_CLOEXEC);
    question_.error = error_of_a_start(question_.path);
    ::close(fd);
    EXPECT_EQ(question_.error, ETXTBSY);
    EXPECT_EQ(find_script_fault(question_).cause, ScriptCause::busy);
}

TEST_F(ScriptFaultTest, TooLargeEnvironmentNamesTheLargest) {
    std::string large = "HTTP_COOKIE=" + std::string(200'000, 'x');
    char* envp[] = {path_, large.data(), nullptr};
    question_.path = "/bin/true";
    question_.envp = envp;
    question_.error = E2BIG;
    ScriptFault fault = find_script_fault(question_);
    EXPECT_EQ(fault.cause, ScriptCause::too_large);
    expect_text(fault.text,
                "HTTP_COOKIE with 200012 bytes where the kernel takes 131072 in one");
    large.resize(1000);
    fault = find_script_fault(question_);
    expect_text(fault.text, "bytes in 2 strings, the largest HTTP_COOKIE with 1000");
}

TEST_F(ScriptFaultTest, ShortageAndRefusalAreNotTheFilesFault) {
    question_.path = "/bin/true";
    for (int error : {EAGAIN, ENOMEM, EMFILE}) {
        question_.error = error;
        EXPECT_EQ(find_script_fault(question_).cause, ScriptCause::no_resources);
    }
    question_.error = EACCES;
    EXPECT_EQ(find_script_fault(question_).cause, ScriptCause::forbidden);
    question_.error = EIO;
    EXPECT_EQ(find_script_fault(question_).cause, ScriptCause::unexplained);
}

TEST_F(ScriptFaultTest, NoexecMountIsNamed) {
    ScratchDirectory mount;
    if (::mount("none", mount.path().c_str(), "tmpfs", MS_NOEXEC, "size=1m") != 0)
        GTEST_SKIP() << "needs the right to mount";
    mount.write("script", "#!/bin/sh\n", 0755);
    expect_text(blamed(mount / "script", ScriptCause::noexec_mount),
                "lies on " + mount.path() + ", which is mounted noexec");
    ::umount2(mount.path().c_str(), MNT_DETACH);
}

TEST(ScriptCause, EachHasANumberOfItsOwn) {
    std::set<std::string> seen;
    int last = static_cast<int>(ScriptCause::unexplained);
    for (int i = 1; i <= last; ++i) {
        std::string number = message_number(static_cast<ScriptCause>(i));
        EXPECT_EQ(number.compare(0, 8, "CPPCGI03"), 0) << i;
        EXPECT_TRUE(seen.insert(number).second) << number;
    }
}

}  // namespace
}  // namespace cppcgi::host
