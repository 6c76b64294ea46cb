// The cppcgi command: a new project, building, and one request without a server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "t/httpd/server.h"
#include "t/scratch_directory.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CommandTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (!sanitizer().empty())
            GTEST_SKIP() << "what it builds is not built with the sanitizer";
        if (!fs::exists(command())) GTEST_SKIP() << "the cppcgi command is not built";
    }
    static fs::path command() { return build_dir() / "bin/cppcgi"; }
    // In the scratch directory.
    Exit sh(const std::string& line) const {
        return run({"/bin/sh", "-c", "cd " + directory.path() + " && " + line},
                   {"COMMAND=" + command().native(),
                    "EXAMPLES=" + (source_dir() / "examples").native(),
                    "HANDLERS=" + (build_dir() / "handlers").native()},
                   std::chrono::seconds(120));
    }
    ScratchDirectory directory;
};

TEST_F(CommandTest, NewProjectBuildsTestsAndRuns) {
    EXPECT_EQ(sh("$COMMAND new greet").status, 0);
    const Exit made = sh("cd greet && make all test");
    EXPECT_EQ(made.status, 0) << made.output;
    EXPECT_THAT(made.output, HasSubstr("[  PASSED  ] 3 tests."));
    EXPECT_THAT(sh("greet/greet.cgi name=Ada").output,
                HasSubstr("<h1>Hello, Ada!</h1>"));
    EXPECT_THAT(sh("$COMMAND run greet/greet.so --get name=Ada").output,
                HasSubstr("<h1>Hello, Ada!</h1>"));
    const Exit again = sh("$COMMAND new greet");
    EXPECT_EQ(again.status, 1);
    EXPECT_THAT(again.output, HasSubstr("is there already: choose another name"));
    EXPECT_THAT(sh("$COMMAND new 3x").output, HasSubstr("cannot be a handler's name"));
}

TEST_F(CommandTest, BuildSaysWhatWasNotBuilt) {
    std::ofstream(directory / "a.cc")
        << "#include <cppcgi.h>\nCPPCGI_HANDLER(a, req, res) { res << 1; }\n";
    const Exit built = sh("$COMMAND build a.cc && $COMMAND build --cgi a.cc");
    EXPECT_EQ(built.status, 1);
    EXPECT_THAT(built.output, AllOf(StartsWith("a.so\n"),
                                    HasSubstr("a program needs a CPPCGI_MAIN")));
    EXPECT_THAT(sh("$COMMAND build none.cc").output, HasSubstr("there is no none.cc"));
}

TEST_F(CommandTest, RunCallsAHandlerOnce) {
    EXPECT_THAT(sh("$COMMAND run $HANDLERS/post.so --post 'text=a%26b' --body").output,
                "text=a%26b");
    EXPECT_THAT(sh("$COMMAND run $HANDLERS/form.so --get a=1").output,
                StartsWith("Status: 200"));
    const Exit refused =
        sh("$COMMAND run $HANDLERS/hello_get.so --post x --header 'Content-Type: "
           "multipart/form-data'");
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.output,
                HasSubstr("CPPCGI0201: handler hello_get answered 400"));
    EXPECT_EQ(sh("$COMMAND run $HANDLERS/none.so").status, 1);
    EXPECT_THAT(sh("$COMMAND run $EXAMPLES/hello.cc --body").output,
                HasSubstr("<h1>Hello, world</h1>"));
}

TEST_F(CommandTest, RunReplaysARequest) {
    directory.write("request.http",
                    "POST /post HTTP/1.1\nHost: x\nContent-Type: "
                    "application/x-www-form-urlencoded\n\ntext=replayed");
    EXPECT_THAT(sh("$COMMAND run $HANDLERS/post.so request.http").output,
                EndsWith("\n\ntext=replayed"));
    directory.write("empty.http", "");
    EXPECT_THAT(sh("$COMMAND run $HANDLERS/post.so empty.http").output,
                HasSubstr("empty.http: there is no request in it"));
}

TEST_F(CommandTest, ManualAndCompletionNameEachCommand) {
    const std::string manual = sh("$COMMAND manual").output;
    const std::string completion = sh("$COMMAND manual --completion").output;
    for (const char* name : {"new", "build", "run", "serve"}) {
        EXPECT_THAT(manual, HasSubstr(".SS cppcgi " + std::string(name) + "\n"));
        EXPECT_THAT(completion, HasSubstr("        " + std::string(name) + ") words="));
    }
    EXPECT_EQ(manual.find("serve-ask"), manual.npos);
    directory.write("completion", completion);
    EXPECT_EQ(sh("bash -c '. ./completion; COMP_WORDS=(cppcgi ser); COMP_CWORD=1; "
                 "_cppcgi; echo ${COMPREPLY[@]}'")
                  .output,
              "serve\n");
}

}  // namespace
}  // namespace cppcgi_test
