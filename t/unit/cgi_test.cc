#include "gateway/cgi.h"

#include <cppcgi.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <string>
#include <vector>

#include "t/pipes.h"
#include "t/scratch_directory.h"

CPPCGI_HANDLER(cgi_page, req, res) {
    res.content_type("text/plain");
    res << req.method() << " page\n";
}

CPPCGI_HANDLER(cgi_echo, req, res) {
    res.content_type("text/plain");
    char byte;
    while (req.body().get(byte)) res << byte;
    res << (req.body().bad() ? "|broken" : "|whole");
}

CPPCGI_HANDLER(cgi_words, req, res) {
    for (const std::string_view word : req.arguments()) res << word << ';';
}

CPPCGI_HANDLER(cgi_throws, req, res) {
    res << "half";
    throw std::runtime_error("se\ncret");
}

CPPCGI_HANDLER(cgi_breaks_off, req, res) {
    res << "half";
    res.flush();
    throw 42;
}

CPPCGI_HANDLER(cgi_bad_head, req, res) { res.header("X-Name", "a\r\nSet-Cookie: b"); }

CPPCGI_HANDLER(cgi_no_content, req, res) { res.status(204); }

CPPCGI_HANDLER(cgi_file, req, res) {
    res.content_type("text/plain");
    res.send_file(std::string(req.environ()["FILE"]));
}

CPPCGI_HANDLER(cgi_logs, req, res) {
    req.log(cppcgi::LogLevel::warn, "two\nlines");
    req.log(cppcgi::LogLevel::debug, "fine print");
}

namespace cppcgi::program {
namespace {

using cppcgi_test::Pipe;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// One call of a handler with pipes at its ends.
struct Program {
    std::vector<const char*> environment = {"REQUEST_METHOD=GET"};
    std::string input = {};
    std::vector<const char*> arguments = {};
    bool whole = false;
    std::string log = {};

    std::string run(cppcgi_entry entry) {
        Pipe in(input), out, err;
        environment.push_back(nullptr);
        CgiCall call("test", environment.data(), arguments,
                     {in.input(), out.output(), err.output()});
        whole = call.run(entry);
        log = err.text();
        return out.text();
    }
};

TEST(Cgi, SmallPageHasStatusAndLength) {
    EXPECT_EQ(Program{}.run(cppcgi_entry_cgi_page),
              "Status: 200\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\n"
              "GET page\n");
}

TEST(Cgi, HeadHasTheLengthAndNoBody) {
    Program program{{"REQUEST_METHOD=HEAD"}};
    EXPECT_EQ(program.run(cppcgi_entry_cgi_page),
              "Status: 200\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n");
}

TEST(Cgi, NoContentHasNoLength) {
    EXPECT_EQ(Program{}.run(cppcgi_entry_cgi_no_content), "Status: 204\r\n\r\n");
}

TEST(Cgi, BodyIsReadAsFarAsItsLength) {
    Program program{{"REQUEST_METHOD=POST", "CONTENT_LENGTH=4"}, "bodyX"};
    EXPECT_THAT(program.run(cppcgi_entry_cgi_echo), EndsWith("\r\n\r\nbody|whole"));
}

TEST(Cgi, BodyShorterThanItsLengthIsBroken) {
    Program program{{"REQUEST_METHOD=POST", "CONTENT_LENGTH=5"}, "body"};
    EXPECT_THAT(program.run(cppcgi_entry_cgi_echo), EndsWith("body|broken"));
}

TEST(Cgi, WithoutALengthNothingIsRead) {
    Program program{{"REQUEST_METHOD=POST"}, "body"};
    EXPECT_THAT(program.run(cppcgi_entry_cgi_echo), EndsWith("\r\n\r\n|whole"));
}

TEST(Cgi, LengthThatIsNoneIsBroken) {
    for (const char* length :
         {"CONTENT_LENGTH=-1", "CONTENT_LENGTH=4x", "CONTENT_LENGTH= 4"}) {
        Program program{{"REQUEST_METHOD=POST", length}, "body"};
        EXPECT_THAT(program.run(cppcgi_entry_cgi_echo), EndsWith("\r\n\r\n|broken"))
            << length;
    }
}

TEST(Cgi, ArgumentsAreTheServers) {
    Program program{.arguments = {"one", "two"}};
    EXPECT_THAT(program.run(cppcgi_entry_cgi_words), EndsWith("\r\n\r\none;two;"));
}

TEST(Cgi, ExceptionIsAPageWithoutItsText) {
    Program program;
    const std::string out = program.run(cppcgi_entry_cgi_throws);
    EXPECT_THAT(out, StartsWith("Status: 500 Internal Server Error\r\n"));
    EXPECT_THAT(out, Not(HasSubstr("secret")));
    EXPECT_THAT(out, Not(HasSubstr("half")));
    EXPECT_THAT(program.log, StartsWith("CPPCGI0203: handler test threw "
                                        "std::runtime_error: se\\ncret;"));
    EXPECT_TRUE(program.whole);
}

TEST(Cgi, HalfAPageIsNotWhole) {
    Program program;
    EXPECT_THAT(program.run(cppcgi_entry_cgi_breaks_off), EndsWith("\r\n\r\nhalf"));
    EXPECT_FALSE(program.whole);
    EXPECT_THAT(program.log, StartsWith("CPPCGI0204: handler test threw int: 42,"));
}

TEST(Cgi, NewlineInAHeaderRefusesTheHead) {
    Program program;
    EXPECT_THAT(program.run(cppcgi_entry_cgi_bad_head), StartsWith("Status: 500 "));
    EXPECT_THAT(program.log, StartsWith("CPPCGI0210: "));
    EXPECT_THAT(program.log, HasSubstr("X-Name"));
}

TEST(Cgi, SendsAFileWhole) {
    const cppcgi_test::ScratchDirectory folder;
    const std::string text(20000, 'x');
    const std::string variable = "FILE=" + folder.write("file", text);
    Program program{{"REQUEST_METHOD=GET", variable.c_str()}};
    const std::string out = program.run(cppcgi_entry_cgi_file);
    EXPECT_THAT(out, HasSubstr("Content-Length: 20000\r\n"));
    EXPECT_THAT(out, EndsWith("\r\n\r\n" + text));
}

TEST(Cgi, LogLinesStayLines) {
    Program program;
    program.run(cppcgi_entry_cgi_logs);
    EXPECT_THAT(program.log, StartsWith("CPPCGI0200: test: two\\nlines (t/unit/"));
    EXPECT_THAT(program.log, Not(HasSubstr("fine print")));
    Program chatty{{"REQUEST_METHOD=GET", "CPPCGI_LOG_LEVEL=debug"}};
    chatty.run(cppcgi_entry_cgi_logs);
    EXPECT_THAT(chatty.log, HasSubstr("fine print"));
}

TEST(Cgi, ClientThatLeftIsSeen) {
    Pipe out;
    const char* const environment[] = {"REQUEST_METHOD=GET", nullptr};
    CgiCall call("test", environment, {}, {0, out.output(), 2});
    EXPECT_FALSE(call.aborted());
    out.close_input();
    EXPECT_TRUE(call.aborted());
}

// In a process of its own, as it ends it.
int exit_of(cppcgi_entry entry, std::string& out) {
    Pipe output;
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(output.output(), 1);
        ::close(2);
        const char* const environment[] = {"REQUEST_METHOD=GET", nullptr};
        ::_exit(run_cgi("test", entry, environment, {}));
    }
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    out = output.text();
    return status;
}

TEST(Cgi, HalfAPageEndsBySignal) {
    std::string out;
    const int status = exit_of(cppcgi_entry_cgi_breaks_off, out);
    EXPECT_THAT(out, EndsWith("half"));
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGABRT);
}

TEST(Cgi, ErrorPageEndsNormally) {
    std::string out;
    const int status = exit_of(cppcgi_entry_cgi_throws, out);
    EXPECT_THAT(out, StartsWith("Status: 500 "));
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace cppcgi::program
